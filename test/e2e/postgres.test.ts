import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FakeProvider } from '../auth/fake-provider.js';
import { BlackHole } from '../support/blackhole.js';
import { NO_POSTGRES, sql, TestSchema } from '../support/postgres.js';
import { runToEnd } from './kit/program.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { Person, RestProcess } from './kit/rest-process.js';
import { DialRefused, ScriptedDevice } from './kit/scripted-device.js';

// Two machines: nothing is shared but the database and the internal secret.

describe('api-server and remote-proxy on PostgreSQL, each with a data directory of its own', {
  skip: NO_POSTGRES,
}, () => {
  let schema: TestSchema;
  let provider: FakeProvider;
  let proxy: ProxyProcess;
  /** Between api-server and the database. */
  let relay: BlackHole;
  let api: RestProcess;
  let alice: Person;
  before(async () => {
    schema = await TestSchema.create();
    provider = await FakeProvider.start();
    proxy = await ProxyProcess.start({ env: { DATABASE_URL: schema.url }, hosts: 1 });
    const url = new URL(schema.url);
    relay = await BlackHole.start(Number(url.port || 5432));
    url.host = `127.0.0.1:${relay.port}`;
    api = await RestProcess.start('api-server', {
      DATABASE_URL: url.href,
      VISIONA_PROXY_URL: `http://127.0.0.1:${proxy.internalPort}`,
      VISIONA_TUNNEL_URL: proxy.tunnelUrl,
      INTERNAL_SECRET: proxy.secret,
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: 'visiona',
    });
    alice = new Person(api);
    const login = await alice.get('/api/auth/login');
    const query = provider.signIn(new URL(login.headers.get('location') ?? ''), 'alice');
    assert.equal((await alice.get(`/api/auth/callback?${query}`)).status, 303);
  });
  after(async () => {
    await api.close();
    await relay.close();
    await proxy.stop();
    await provider.close();
    await schema.drop();
  });

  const visiona = (...args: string[]) => runToEnd(args, { DATABASE_URL: schema.url });

  test('a device is paired at one, connects to the other and is called; unpaired, its tunnel is closed within a second', async () => {
    const { deviceId, sessionToken } = await alice.pair('gate');
    const device = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);
    const called = alice.get(`/api/devices/${deviceId}/system`);
    const stream = await device.stream();
    await stream.head();
    await stream.answer('{}');
    const answer = await called;
    assert.deepEqual([answer.status, await answer.text()], [200, '{}']);

    const begun = performance.now();
    assert.equal((await alice.send('DELETE', `/api/devices/${deviceId}`)).status, 204);
    await device.closed;
    assert.ok(performance.now() - begun < 1000, 'within a second');
    await assert.rejects(ScriptedDevice.connect(proxy.tunnelUrl, sessionToken), DialRefused);
  });

  test('the command line works on the same data; what it revokes is closed', async () => {
    const added = await visiona('device', 'add', '--user', 'bob', '--name', 'cam', '--json');
    assert.deepEqual([added.code, added.stderr], [0, '']);
    const { deviceId, sessionToken } = JSON.parse(added.stdout) as { deviceId: string; sessionToken: string };
    const listed = await visiona('device', 'list', '--user', 'bob', '--json');
    assert.equal(JSON.parse(listed.stdout).deviceId, deviceId);
    const device = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);
    assert.equal((await visiona('device', 'revoke', deviceId)).code, 0);
    await device.closed;
  });

  test('while the database is away from api-server it is unready and says so; then it goes on, and who was signed in still is', async () => {
    const readiness = async () => {
      const answer = await alice.get('/api/ready');
      return ((await answer.json()) as { code?: string }).code ?? answer.status;
    };
    const until = async (is: string | number) => {
      while ((await readiness()) !== is) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    await until(200);
    relay.refuse(true);
    relay.cut();
    await until('store-unavailable');
    const answer = await alice.get('/api/devices');
    assert.deepEqual(
      [answer.status, ((await answer.json()) as { code: string }).code],
      [503, 'store-unavailable'],
    );
    relay.refuse(false);
    await until(200);
    assert.equal((await alice.get('/api/devices')).status, 200);
  });

  test('who signs out is signed out', async () => {
    const copy = alice.copy();
    assert.equal((await alice.send('POST', '/api/auth/logout')).status, 200);
    assert.equal((await copy.get('/api/auth/me')).status, 401);
  });

  test('the audit log has who did it and from where, and no secret', async () => {
    const rows = await sql<Record<string, string>>(
      `SELECT actor, action, remote_addr, request_id FROM ${schema.name}.audit_log WHERE result = 'done' ORDER BY id`,
    );
    assert.deepEqual(
      rows.map(({ actor, action, remote_addr: from }) => `${actor} ${action} ${from ?? '-'}`),
      [
        'user sign-in.begun 127.0.0.1',
        'user pairing-token.added 127.0.0.1',
        'device device.paired 127.0.0.1',
        'user device.revoked 127.0.0.1',
        'operator device.added -',
        'operator device.revoked -',
        'user sign-in.ended 127.0.0.1',
      ],
    );
    assert.ok(rows.every(({ actor, request_id: id }) => actor === 'operator' || id));
  });

  test('a database that cannot be reached: one sentence, without the password, and exit code 1', async () => {
    const env = { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/db' };
    for (const args of [['device', 'list'], ['remote-proxy']]) {
      const { code, stdout, stderr } = await runToEnd(args, { ...env, VISIONA_DATA_DIR: proxy.dataDir });
      assert.deepEqual([code, stdout], [1, ''], args.join(' '));
      assert.match(
        stderr,
        /^visiona: the store is not available: the PostgreSQL database "db" at 127\.0\.0\.1:1: .+\n$/,
      );
      assert.doesNotMatch(stderr, /hunter2/);
    }
  });
});
