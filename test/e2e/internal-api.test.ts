import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { after, before, test } from 'node:test';
import { hashToken } from '../../src/store/ports/ids.js';
import { type Answer, ask, forward, open, problemCode, read, response } from './kit/internal-client.js';
import { type Provisioned, ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

/** Every route of the internal API, with the method that it has. */
const ROUTES = [
  ['GET', '/internal/session/x'],
  ['GET', '/internal/sessions'],
  ['POST', '/internal/session/x/close'],
  ['POST', '/internal/forward/http?token=x'],
  ['GET', '/internal/forward/ws?token=x&target=/'],
  ['GET', '/internal/health'],
  ['GET', '/internal/ready'],
  ['GET', '/internal/metrics'],
] as const;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];

let proxy: ProxyProcess;
let devices: Provisioned[];

before(async () => {
  proxy = await ProxyProcess.start();
  devices = await proxy.provision(60);
});
after(() => proxy.stop());

function spare(): Provisioned {
  const device = devices.pop();
  assert.ok(device !== undefined, 'provision more');
  return device;
}

/** Asks with another Authorization than the right one; `undefined`: with none. */
async function askAs(authorization: string | undefined, method: string, path: string): Promise<Answer> {
  const call = open(proxy, path, { method });
  if (authorization === undefined) call.removeHeader('Authorization');
  else call.setHeader('Authorization', authorization);
  call.end();
  return read(await response(call));
}

test('every path and method answers 401 without the secret, known or not', async () => {
  const wrong = [undefined, 'Bearer wrong', `Basic ${proxy.secret}`, `Bearer ${proxy.secret}x`, proxy.secret];
  const paths = [...ROUTES.map(([, path]) => path), '/', '/internal', '/internal/unknown', '/api/health'];
  for (const path of paths) {
    for (const method of METHODS) {
      const { status } = await askAs(undefined, method, path);
      assert.equal(status, 401, `${method} ${path}`);
    }
    for (const authorization of wrong) {
      const answer = await askAs(authorization, 'GET', path);
      assert.equal(answer.status, 401, `${path} as ${authorization}`);
      assert.equal(problemCode(answer), 'unauthorized');
      assert.equal(answer.headers['www-authenticate'], 'Bearer');
      assert.equal(answer.headers['x-forward-origin'], 'proxy');
    }
  }
});

test('a known path with another method answers 405 with Allow, an unknown path 404', async () => {
  for (const [allowed, path] of ROUTES) {
    for (const method of METHODS.filter((other) => other !== allowed && other !== 'HEAD')) {
      const answer = await ask(proxy, path, { method });
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.equal(answer.headers.allow, allowed);
      assert.equal(problemCode(answer), 'method-not-allowed');
    }
  }
  const plain = await ask(proxy, '/internal/forward/ws?token=x&target=/');
  assert.equal(plain.status, 426);
  assert.equal(plain.headers.upgrade, 'websocket');
  assert.equal(plain.headers['x-forward-origin'], 'proxy');
  const unknown = await ask(proxy, '/internal/unknown');
  assert.equal(unknown.status, 404);
  assert.equal(problemCode(unknown), 'not-found');
});

test('an answer to HEAD has no body, so that the connection can be used again', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const path of ['/internal/health', '/internal/unknown']) {
    for (const authorization of [proxy.authorization, 'Bearer wrong']) {
      const call = open(proxy, path, { method: 'HEAD', headers: { Authorization: authorization }, agent });
      call.end();
      await read(await response(call));
      const next = open(proxy, '/internal/health', { agent });
      next.end();
      assert.equal((await read(await response(next))).status, 200, `after HEAD ${path}`);
      assert.ok(next.reusedSocket, 'the connection was closed');
    }
  }
  agent.destroy();
});

test('a call without a token, method or target is malformed', async () => {
  const whole = { 'X-Forward-Method': 'GET', 'X-Forward-Target': '/' };
  const incomplete = [
    ['/internal/forward/http', whole],
    ['/internal/forward/http?token=x', { 'X-Forward-Target': '/' }],
    ['/internal/forward/http?token=x', { 'X-Forward-Method': 'GET' }],
    ['/internal/forward/http?token=x', { ...whole, 'X-Forward-Method': 'GET /x' }],
    ['/internal/forward/http?token=x', { ...whole, 'X-Forward-Target': 'no-slash' }],
    ['/internal/forward/http?token=x', { ...whole, 'X-Forward-Target': '/a b' }],
  ] as const;
  for (const [path, headers] of incomplete) {
    const answer = await ask(proxy, path, { method: 'POST', headers });
    assert.equal(answer.status, 400, JSON.stringify({ path, headers }));
    assert.equal(problemCode(answer), 'bad-request');
    assert.equal(answer.headers['x-forward-origin'], 'proxy');
  }
});

test('a session is shown, closed once, and gone', async () => {
  const { sessionToken, deviceId } = spare();
  const path = `/internal/session/${sessionToken}`;
  assert.equal(problemCode(await ask(proxy, path)), 'session-not-found');
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);

  const shown = await ask(proxy, path);
  assert.equal(shown.status, 200);
  const summary = JSON.parse(shown.text);
  assert.equal(summary.deviceId, deviceId);
  assert.equal(summary.token, hashToken(sessionToken));
  assert.equal(summary.epoch, 1);
  assert.match(summary.connectedAt, /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.match(summary.lastHeartbeat, /^\d{4}-\d\d-\d\dT.*Z$/);

  const closed = await ask(proxy, `${path}/close`, { method: 'POST' });
  assert.equal(closed.status, 204);
  assert.equal(closed.text, '');
  assert.deepEqual(await device.closed, { code: 1000, reason: 'normal' });
  assert.equal((await ask(proxy, path)).status, 404);
  assert.equal((await ask(proxy, `${path}/close`, { method: 'POST' })).status, 404);
});

test('the list shows every session and no token that a device could use', async () => {
  const connected = [spare(), spare(), spare()];
  const tunnels = await Promise.all(
    connected.map(({ sessionToken }) => ScriptedDevice.connect(proxy.tunnelUrl, sessionToken)),
  );
  const list = await ask(proxy, '/internal/sessions');
  const ids = JSON.parse(list.text).items.map(({ deviceId }: { deviceId: string }) => deviceId);
  assert.deepEqual(ids.sort(), connected.map(({ deviceId }) => deviceId).sort());
  for (const { sessionToken } of connected) assert.ok(!list.text.includes(sessionToken));
  for (const { token } of JSON.parse(list.text).items) {
    await assert.rejects(ScriptedDevice.connect(proxy.tunnelUrl, token), { status: 401 });
  }
  for (const tunnel of tunnels) await tunnel.close();
});

test('a session that has been silent too long is expired', async () => {
  const impatient = await ProxyProcess.start({
    hosts: 1,
    env: { VISIONA_HEARTBEAT_MS: '400', VISIONA_IDLE_TIMEOUT_MS: '800' },
  });
  try {
    const { sessionToken } = await impatient.device();
    const device = await ScriptedDevice.connect(impatient.tunnelUrl, sessionToken);
    // Deaf: it answers no ping, and so has no heartbeat.
    device.socket.pause();
    const path = `/internal/session/${sessionToken}`;
    let answer = await ask(impatient, path);
    while (answer.status === 200) answer = await ask(impatient, path);
    assert.equal(answer.status, 410);
    assert.equal(problemCode(answer), 'session-expired');
    assert.equal(problemCode(await forward(impatient, sessionToken)), 'device-offline');
    device.drop();
  } finally {
    await impatient.stop();
  }
});

test('health and readiness', async () => {
  assert.deepEqual(JSON.parse((await ask(proxy, '/internal/health')).text), { status: 'up' });
  assert.deepEqual(JSON.parse((await ask(proxy, '/internal/ready')).text), {
    status: 'ready',
    works: ['device-calls', 'dials'],
    missing: [],
  });
  assert.equal((await ask(proxy, '/internal/ready?parts=everything')).status, 400);

  const draining = await ProxyProcess.start({ hosts: 1 });
  const { sessionToken } = await draining.device();
  const device = await ScriptedDevice.connect(draining.tunnelUrl, sessionToken);
  const answer = forward(draining, sessionToken);
  const { stream } = await device.request();
  const stopped = draining.stop();
  await device.goneAway;
  const ready = await ask(draining, '/internal/ready');
  assert.equal(ready.status, 503);
  assert.equal(problemCode(ready), 'draining');
  assert.equal((await ask(draining, '/internal/health')).status, 200);
  await stream.answer('');
  await answer;
  await stopped;
});

test('the caller’s request id is kept when it is sane', async () => {
  const kept = await ask(proxy, '/internal/health', { headers: { 'X-Request-Id': 'abc-1.2_3' } });
  assert.equal(kept.headers['x-request-id'], 'abc-1.2_3');
  const replaced = await ask(proxy, '/internal/health', { headers: { 'X-Request-Id': 'a b' } });
  assert.match(String(replaced.headers['x-request-id']), /^[\w.-]+$/);
});

test('the metrics have every family, and none grows with the devices', async () => {
  const before = await seriesOf(proxy);
  for (const family of FAMILIES) {
    assert.ok(
      [...before].some((series) => series.startsWith(family)),
      family,
    );
  }
  const tunnels = await Promise.all(
    devices.splice(0, 50).map(async ({ sessionToken }) => {
      const device = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);
      const answer = forward(proxy, sessionToken);
      const { stream } = await device.request();
      await stream.answer('x');
      assert.equal((await answer).text, 'x');
      return device;
    }),
  );
  assert.deepEqual(await seriesOf(proxy), before);
  for (const tunnel of tunnels) {
    tunnel.drop();
    await once(tunnel.socket, 'close');
  }
});

/** Sessions, streams, calls, bytes, mailboxes, hosts, stalls, round trips, loop delay. */
const FAMILIES = [
  'visiona_sessions',
  'visiona_streams',
  'visiona_calls_total{outcome="answered",reason="2xx"}',
  'visiona_calls_total{outcome="failed",reason="device-offline"}',
  'visiona_calls_total{outcome="aborted",reason="client"}',
  'visiona_call_retries_total',
  'visiona_call_duration_seconds_bucket',
  'visiona_bytes_total{direction="to_device"}',
  'visiona_bytes_total{direction="from_device"}',
  'visiona_dials_total{result="accepted"}',
  'visiona_tunnel_ends_total{reason="replaced"}',
  'visiona_mailbox_depth_bytes',
  'visiona_mailbox_batch_size_sum',
  'visiona_mailbox_batch_size_count',
  'visiona_host_restarts_total',
  'visiona_host_actors',
  'visiona_window_stalls_total',
  'visiona_heartbeat_round_trip_seconds_bucket',
  'visiona_event_loop_delay_seconds',
  'nodejs_eventloop_lag_seconds',
  'process_resident_memory_bytes',
];

/** The names and labels of all metrics; what Node itself has open comes and goes, and is left out. */
async function seriesOf(of: ProxyProcess): Promise<Set<string>> {
  const { status, headers, text } = await ask(of, '/internal/metrics');
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^text\/plain/);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const names = lines.map((line) => line.replace(/ \S+$/, ''));
  return new Set(names.filter((name) => !/^nodejs_(active|gc)_/.test(name)).sort());
}
