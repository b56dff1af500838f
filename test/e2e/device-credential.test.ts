import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { fetch } from 'undici';
import { hashToken, newSessionToken } from '../../src/store/ports/ids.js';
import { ROUTES, takesBody } from '../http/routes.js';
import { pathOf } from '../http/strangers.js';
import { read } from './kit/internal-client.js';
import { serve } from './kit/load.js';
import type { Provisioned } from './kit/proxy-process.js';
import { type Person, RestProcess } from './kit/rest-process.js';
import { dial, ScriptedDevice } from './kit/scripted-device.js';
import { endSuperseded, provisionExpired } from './kit/store.js';

const COOKIE = '__Host-visiona_session';

/** A revoked device is out of reach within a second. */
const WITHIN_MS = 1000;
/** What a machine that is busy with other tests may take beyond it to run three processes once. */
const LOAD_MS = 1000;

describe('the credential of a device, through visiona up', () => {
  let up: RestProcess;
  let alice: Person;
  let bob: Person;
  before(async () => {
    up = await RestProcess.start('up', { LOG_LEVEL: 'trace' });
    [alice, bob] = [await up.signIn('alice'), await up.signIn('bob')];
  });
  after(() => up.close());

  const connect = ({ sessionToken }: Provisioned, query = '') =>
    ScriptedDevice.connect(`${up.tunnelUrl}${query}`, sessionToken);

  /** A device that answers every request with its target. */
  async function serving(device: Provisioned): Promise<ScriptedDevice> {
    const connected = await connect(device);
    serve(connected);
    return connected;
  }

  /** An upgrade request that is answered otherwise. */
  async function refusal(headers: Record<string, string>, query = '') {
    const request = get(`${up.tunnelUrl.replace('ws:', 'http:')}${query}`, {
      // Refusals are counted against an address, and the devices of the other tests are at another.
      localAddress: '127.0.0.2',
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    });
    const upgraded = once(request, 'upgrade').then(() => assert.fail('it was let in'));
    const [message] = await Promise.race([once(request, 'response'), upgraded]);
    const { status, headers: fields, text } = await read(message);
    return { status, text, authenticate: fields['www-authenticate'], upgrade: fields.upgrade };
  }

  test('attack 47: whatever is no good session token is 401 before the upgrade, and no token is ever logged', async () => {
    const [good, revoked] = [await alice.pair(), await alice.pair()];
    assert.equal((await alice.send('DELETE', `/api/devices/${revoked.deviceId}`)).status, 204);
    const expired = await provisionExpired(up.dataDir);
    const used = await alice.mint();
    const pending = await bob.mint();
    const bad = [
      newSessionToken(),
      revoked.sessionToken,
      expired.sessionToken,
      used.token,
      pending.token,
      pending.code,
      alice.browser.cookie(COOKIE) ?? '',
      hashToken(good.sessionToken),
      `${good.sessionToken}x`,
      good.deviceId,
    ];
    const expected = { status: 401, text: '', authenticate: 'Bearer', upgrade: undefined };
    assert.deepEqual(await refusal({}), expected);
    assert.deepEqual(await refusal({ Cookie: `token=${good.sessionToken}` }), expected);
    assert.deepEqual(await refusal({ Authorization: `Basic ${good.sessionToken}` }), expected);
    for (const token of bad) {
      assert.deepEqual(await refusal({ Authorization: `Bearer ${token}` }), expected, token);
      assert.deepEqual(await refusal({}, `?token=${encodeURIComponent(token)}`), expected, token);
    }
    // In the query string too it is good, and goes nowhere else: a path that is not there says nothing of it either.
    const tunnel = dial(`${up.tunnelUrl}?token=${good.sessionToken}`);
    await once(tunnel, 'open');
    const stray = await fetch(up.url(`/api/nothing?token=${good.sessionToken}`));
    assert.equal(stray.status, 401);
    assert.ok(!(await stray.text()).includes(good.sessionToken));
    const from = up.program.logged;
    tunnel.close(1000);
    await up.program.line('device disconnected', from);
    for (const secret of [...bad.filter((each) => each !== good.deviceId), good.sessionToken]) {
      assert.ok(!up.program.output.includes(secret), `${secret} is logged`);
    }
  });

  for (const rotations of [0, 1, 2]) {
    test(`attack 48: deleting a device after ${rotations} rotations closes its tunnel within a second, and nothing more goes through it`, async () => {
      const paired = await alice.pair();
      const device = await connect(paired);
      const path = `/api/devices/${paired.deviceId}`;
      const tokens = [paired];
      for (let i = 0; i < rotations; i += 1) {
        const rotated = await alice.send('POST', `${path}/credentials/rotate`);
        tokens.push((await rotated.json()) as Provisioned);
      }
      const running = alice.get(`${path}/proxy/x`);
      await device.request();
      const answer = await alice.send('DELETE', path);
      const acknowledgedAt = performance.now();
      assert.equal(answer.status, 204);
      const { code, reason } = await device.closed;
      const tookMs = performance.now() - acknowledgedAt;
      assert.deepEqual([code, reason], [1008, 'revoked']);
      assert.ok(tookMs < WITHIN_MS + LOAD_MS, `it took ${tookMs} ms`);
      // The call that was with it is told, and later ones find nobody.
      assert.ok([502, 503].includes((await running).status));
      assert.ok([404, 503].includes((await alice.get(`${path}/proxy/x`)).status));
      for (const token of tokens) await assert.rejects(connect(token), { status: 401 });
    });
  }

  test('attack 67, D2: a rotation whose answer is lost locks nobody out, and its first use ends the old credential', async () => {
    const paired = await alice.pair();
    const rotate = async () => {
      const answer = await alice.send('POST', `/api/devices/${paired.deviceId}/credentials/rotate`);
      return (await answer.json()) as Provisioned;
    };
    const device = await connect(paired);
    const lost = await rotate();
    await device.close();
    const again = await serving(paired);
    const path = `/api/devices/${paired.deviceId}/proxy/x`;
    assert.equal((await alice.get(path)).status, 200);
    const rotated = await rotate();
    const next = await serving(rotated);
    assert.deepEqual(await again.closed, { code: 4000, reason: 'replaced' });
    for (const dead of [paired, lost]) await assert.rejects(connect(dead), { status: 401 });
    assert.equal((await alice.get(path)).status, 200);
    await next.close();
  });

  test('D2: a tunnel that a rotated credential opened is closed when the week of that is over', async () => {
    const paired = await alice.pair();
    const device = await connect(paired);
    const answer = await alice.send('POST', `/api/devices/${paired.deviceId}/credentials/rotate`);
    assert.equal(answer.status, 200);
    await endSuperseded(up.dataDir);
    assert.deepEqual(await device.closed, { code: 1008, reason: 'revoked' });
    await assert.rejects(connect(paired), { status: 401 });
    await (await connect((await answer.json()) as Provisioned)).close();
  });

  test('attack 48: a device that dials in the moment of its revocation does not stay', async () => {
    for (let i = 0; i < 20; i += 1) {
      const paired = await alice.pair();
      const revoke = alice.send('DELETE', `/api/devices/${paired.deviceId}`);
      const [dialled, revoked] = await Promise.allSettled([connect(paired), revoke]);
      assert.equal(revoked.status, 'fulfilled');
      if (dialled.status === 'rejected') assert.equal(dialled.reason.status, 401);
      else assert.equal((await dialled.value.closed).code, 1008);
    }
  });

  test('attack 49: of two sockets with one token the newest wins, and nothing of one goes to the other', async () => {
    const paired = await alice.pair();
    const call = (path: string, method = 'GET') =>
      alice.send(method, `/api/devices/${paired.deviceId}/proxy/${path}`);
    const older = await connect(paired);
    const underWay = call('under-way', 'POST');
    const { stream } = await older.request();
    // Its answer has begun on the older socket, and cannot be gone on with on another.
    await stream.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nolder');
    const begun = await underWay;
    assert.equal(begun.status, 200);
    const newer = await connect(paired);
    assert.deepEqual(await older.closed, { code: 4000, reason: 'replaced' });
    await assert.rejects(begun.text());
    const next = call('next');
    const request = await newer.request();
    assert.match(request.head, /^GET \/next /);
    await request.stream.answer('newer');
    assert.equal(await (await next).text(), 'newer');
    await newer.close();
  });

  test('attack 49: however often devices take over from themselves, each answers its own calls alone', async () => {
    const devices = [await alice.pair(), await bob.pair()];
    const dials = devices.map(async ({ deviceId, sessionToken }) => {
      const sockets = [];
      for (let i = 0; i < 15; i += 1) {
        const device = await ScriptedDevice.connect(up.tunnelUrl, sessionToken);
        sockets.push(device);
        void answerWith(device, deviceId);
      }
      return sockets;
    });
    let over = false;
    const calls = devices.map(async ({ deviceId }, i) => {
      const statuses = new Set<number>();
      // On after the last takeover, so that one at least is answered.
      for (let after = 0; after < 5; after += over ? 1 : 0) {
        const answer = await [alice, bob][i]!.get(`/api/devices/${deviceId}/proxy/x`);
        statuses.add(answer.status);
        const text = await answer.text();
        if (answer.status === 200) assert.equal(text, deviceId);
      }
      return statuses;
    });
    const sockets = await Promise.all(dials);
    over = true;
    for (const statuses of await Promise.all(calls)) {
      assert.ok(statuses.has(200));
      for (const status of statuses) assert.ok([200, 502, 503].includes(status), `${status}`);
    }
    for (const own of sockets) {
      const codes = own.slice(0, -1).map(async ({ closed }) => (await closed).code);
      assert.deepEqual(new Set(await Promise.all(codes)), new Set([4000]));
      await own.at(-1)?.close();
    }
  });

  test('attack 50, 46: a session token opens the tunnel of its own device, and nothing else', async () => {
    const [mine, bobs] = [await alice.pair(), await bob.pair()];
    const bobsDevice = await serving(bobs);
    // Whatever else it says that it is.
    const device = await connect(mine, `?deviceId=${bobs.deviceId}&device=${bobs.deviceId}`);
    serve(device);
    await assert.rejects(
      ScriptedDevice.connect(`${up.tunnelUrl}/${bobs.deviceId}`, mine.sessionToken),
      ({ status }: { status: number }) => status === 404,
    );
    for (const { deviceId } of [mine, bobs]) {
      const owner = deviceId === mine.deviceId ? alice : bob;
      const answer = await owner.get(`/api/devices/${deviceId}/proxy/${deviceId}`);
      assert.deepEqual([answer.status, await answer.text()], [200, `/${deviceId}`]);
    }
    const routes = ROUTES.filter(({ access }) => access === 'user');
    for (const { deviceId } of [mine, bobs]) {
      for (const route of routes) {
        const method = route.methods === 'ANY' ? 'POST' : (route.methods[0] ?? 'GET');
        const answer = await fetch(up.url(pathOf(route, { deviceId })), {
          method,
          headers: { authorization: `Bearer ${mine.sessionToken}` },
        });
        assert.equal(answer.status, 401, `${method} ${route.path}`);
        await answer.body?.cancel();
      }
    }
    await Promise.all([device.close(), bobsDevice.close()]);
  });

  test('attack 50, 19: another user’s device, online as it is, is to a user what is not there', async () => {
    const bobs = await bob.pair();
    const device = await serving(bobs);
    const problem = async (answer: Awaited<ReturnType<typeof fetch>>) => {
      const { requestId, instance, ...rest } = (await answer.json()) as Record<string, unknown>;
      return rest;
    };
    for (const route of ROUTES.filter(
      ({ path }) => path.startsWith('/api/') && path.includes('{deviceId}'),
    )) {
      const method = route.methods === 'ANY' ? 'GET' : (route.methods[0] ?? 'GET');
      const body = takesBody(route) ? { name: 'mine' } : undefined;
      const [real, none] = [bobs.deviceId, bobs.deviceId.replace(/.$/, (last) => (last === '0' ? '1' : '0'))];
      const answers = [
        await alice.send(method, pathOf(route, { deviceId: real }), body),
        await alice.send(method, pathOf(route, { deviceId: none }), body),
      ];
      for (const { status } of answers) assert.equal(status, 404, `${method} ${route.path}`);
      const [first, second] = await Promise.all(answers.map(problem));
      assert.deepEqual(first, second);
    }
    assert.equal((await bob.get(`/api/devices/${bobs.deviceId}/proxy/x`)).status, 200);
    await device.close();
  });
});

/** Answers every request of a device with this text, for as long as its tunnel lasts. */
async function answerWith(device: ScriptedDevice, text: string): Promise<void> {
  for (;;) {
    const stream = await device.stream();
    // A takeover may take it away meanwhile.
    await stream.head().then(
      () => stream.answer(text),
      () => {},
    );
  }
}
