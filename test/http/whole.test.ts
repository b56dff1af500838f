import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Host } from '../../src/actors/host.js';
import { connectUrl, dial } from '../../src/agent/dial.js';
import { bootHost } from '../../src/agent/simulator/edge-api.js';
import { simulate } from '../../src/agent/simulator/simulator.js';
import { Tunnel } from '../../src/agent/tunnel.js';
import type { Authenticator } from '../../src/auth/authenticator.js';
import { StoreClient } from '../../src/store/client/store-client.js';
import { startStoreProcess } from '../../src/store/client/store-process.js';
import type { ProvisionedDevice } from '../../src/store/ports/devices.js';
import type { UserId } from '../../src/store/ports/ids.js';
import { defaultConfig } from '../../src/tunnel/yamux/config.js';
import { ProxyFixture } from '../support/proxy-fixture.js';
import { rawRequest, TestRest } from './kit.js';

/** A revoked device is out of reach within a second of the answer that it is (03-identity §3.3). */
const WITHIN_MS = 1000;
/** What a machine that is busy with other tests may take beyond it. */
const LOAD_MS = 1000;

describe('REST over a real store and real tunnels', () => {
  const store = new StoreClient();
  const users = new Map<string, UserId>();
  let dataDir: string;
  let host: Host;
  let proxy: ProxyFixture;
  let api: TestRest;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'visiona-rest-'));
    host = await startStoreProcess(store, { dataDir });
    for (const name of ['alice', 'bob']) {
      users.set(`Bearer ${name}`, await store.ensureUser('https://id.example', name));
    }
    proxy = await ProxyFixture.start({ store });
    const { forwarder, userSessions: sessions } = proxy.proxy;
    api = await TestRest.start({ store, forwarder, sessions, authenticator: byName(users) });
  });

  after(async () => {
    await api.close();
    await proxy.close();
    await store.close();
    await host.stop(5000);
    await rm(dataDir, { recursive: true });
  });

  async function ask(line: string, who = 'alice') {
    const { status, body } = await rawRequest(api.port, line, { authorization: `Bearer ${who}` });
    return { status, body: body === '' ? undefined : JSON.parse(body) };
  }

  async function add(who = 'alice'): Promise<ProvisionedDevice> {
    const [device] = await store.provision(users.get(`Bearer ${who}`) as UserId, ['cam']);
    assert.ok(device !== undefined);
    return device;
  }

  function connect({ sessionToken }: ProvisionedDevice): Promise<Tunnel> {
    const url = connectUrl(new URL(`ws://127.0.0.1:${proxy.proxy.tunnelPort}`));
    return dial(url, sessionToken, new AbortController().signal).then((dialled) => {
      if (dialled.kind !== 'open') throw new Error(`not let in: ${JSON.stringify(dialled)}`);
      return new Tunnel(dialled.socket, {
        service: simulate(bootHost('0abc', Date.now)),
        clock: { now: () => performance.now() },
        yamux: defaultConfig,
      });
    });
  }

  test('a device that is connected is online, answers, and is pinged', async () => {
    const device = await add();
    const path = `/api/devices/${device.deviceId}`;
    assert.equal((await ask(`GET ${path}`)).body.online, false);
    assert.equal((await ask(`GET ${path}/ping`)).body.code, 'device-offline');
    const tunnel = await connect(device);
    const { body } = await ask(`GET ${path}`);
    assert.equal(body.online, true);
    assert.ok(Math.abs(Date.parse(body.lastConnectedAt) - Date.now()) < 60_000);
    assert.ok((await ask(`GET ${path}/ping`)).body.roundTripMs > 0);
    const system = await ask(`GET ${path}/system`);
    assert.equal(system.status, 200);
    const { body: direct } = await ask(`GET ${path}/proxy/api/system`);
    assert.deepEqual([system.body.serial, system.body.bootedAt], ['0abc', direct.bootedAt]);
    assert.equal((await ask(`GET /api/sessions/${device.deviceId}`)).body.remoteAddr, '127.0.0.1');
    await tunnel.drain(0);
  });

  test('attack 48: deleting a device closes its tunnel within a second, for good', async () => {
    const device = await add();
    const tunnel = await connect(device);
    assert.equal((await ask(`DELETE /api/devices/${device.deviceId}`)).status, 204);
    const acknowledgedAt = performance.now();
    assert.equal((await tunnel.ended).code, 1008);
    const tookMs = performance.now() - acknowledgedAt;
    assert.ok(tookMs < WITHIN_MS + LOAD_MS, `it took ${tookMs} ms`);
    await assert.rejects(connect(device), /not let in/);
    assert.equal((await ask(`GET /api/devices/${device.deviceId}`)).status, 404);
    assert.equal((await ask(`GET /api/sessions/${device.deviceId}`)).status, 404);
  });

  test('D2: a rotated credential takes over from the old one, whose tunnel lives until then', async () => {
    const device = await add();
    const path = `/api/devices/${device.deviceId}`;
    const tunnel = await connect(device);
    const { status, body } = await ask(`POST ${path}/credentials/rotate`);
    assert.equal(status, 200);
    assert.equal((await ask(`GET ${path}`)).body.online, true);
    const again = await connect(body);
    assert.equal((await tunnel.ended).code, 4000);
    await assert.rejects(connect(device), /not let in/);
    assert.equal((await ask(`GET ${path}`)).body.online, true);
    await again.drain(0);
    await again.ended;
    const expected = ['offline', 'online', 'credential-rotated', 'online', 'added'];
    // The end of a tunnel is recorded after it.
    for (let kinds: string[] = []; kinds.join() !== expected.join(); ) {
      const { items } = (await ask(`GET ${path}/events`)).body;
      kinds = items.map(({ kind }: { kind: string }) => kind);
      assert.ok(expected.join().endsWith(kinds.slice(-4).join()), kinds.join());
    }
  });

  test('a session that is closed ends with 1000, and its device dials again', async () => {
    const device = await add();
    const tunnel = await connect(device);
    const { epoch } = (await ask(`GET /api/sessions/${device.deviceId}`)).body;
    assert.equal((await ask(`POST /api/sessions/${device.deviceId}/close`)).status, 204);
    assert.equal((await tunnel.ended).code, 1000);
    const again = await connect(device);
    assert.ok((await ask(`GET /api/sessions/${device.deviceId}`)).body.epoch > epoch);
    await again.drain(0);
  });

  test("attack 19: of bob's devices and sessions alice sees nothing and touches nothing", async () => {
    const device = await add('bob');
    const tunnel = await connect(device);
    for (const line of [
      `GET /api/devices/${device.deviceId}`,
      `DELETE /api/devices/${device.deviceId}`,
      `GET /api/devices/${device.deviceId}/ping`,
      `GET /api/devices/${device.deviceId}/system`,
      `GET /api/devices/${device.deviceId}/proxy/`,
      `GET /api/sessions/${device.deviceId}`,
      `POST /api/sessions/${device.deviceId}/close`,
    ]) {
      assert.equal((await ask(line)).status, 404, line);
    }
    for (const list of ['devices', 'sessions']) {
      const { items } = (await ask(`GET /api/${list}?limit=200`)).body;
      assert.ok(!JSON.stringify(items).includes(device.deviceId));
      const bobs = (await ask(`GET /api/${list}`, 'bob')).body.items;
      assert.deepEqual(
        bobs.map(({ deviceId }: { deviceId: string }) => deviceId),
        [device.deviceId],
      );
    }
    assert.equal((await ask(`GET /api/devices/${device.deviceId}`, 'bob')).body.online, true);
    await tunnel.drain(0);
  });

  test('a device token is of no user', async () => {
    const { deviceId, sessionToken } = await add();
    const authorization = `Bearer ${sessionToken}`;
    for (const path of ['/api/devices', `/api/devices/${deviceId}`, `/api/sessions/${deviceId}`]) {
      assert.equal((await rawRequest(api.port, `GET ${path}`, { authorization })).status, 401);
    }
  });
});

function byName(users: ReadonlyMap<string, UserId>): Authenticator {
  return {
    peek: () => undefined,
    async authenticate({ authorization }) {
      const userId = users.get(authorization);
      return userId && { userId, via: 'bearer', endsAt: Number.POSITIVE_INFINITY };
    },
  };
}
