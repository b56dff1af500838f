import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { after, before, test } from 'node:test';
import type { WebSocket } from 'ws';
import { hashToken } from '../../src/store/ports/ids.js';
import { forward, read } from './kit/internal-client.js';
import { type Provisioned, ProxyProcess } from './kit/proxy-process.js';
import { type DialRefused, dial, ScriptedDevice } from './kit/scripted-device.js';
import { provisionExpired } from './kit/store.js';

/** Failures in a window after which an address is refused (admission.ts). */
const FAILURES = 30;
/** A revoked device is out of reach within a second. */
const REVOKED_MS = 1000;
/** What a machine that is busy with other tests may take beyond it. */
const LOAD_MS = 1000;

let proxy: ProxyProcess;
let spares: Provisioned[];
const used: Provisioned[] = [];

before(async () => {
  proxy = await ProxyProcess.start({ env: { LOG_LEVEL: 'trace' } });
  spares = await proxy.provision(9);
});
after(() => proxy.stop());

function spare(): Provisioned {
  const device = spares.pop();
  assert.ok(device !== undefined, 'provision more');
  used.push(device);
  return device;
}

/** An upgrade request that is refused: what came back. */
async function refusal(headers: Record<string, string>, query = '') {
  const request = get(`http://127.0.0.1:${proxy.tunnelPort}/tunnel/connect${query}`, {
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    },
  });
  const [message] = await once(request, 'response');
  const { status, headers: fields, text } = await read(message);
  const { date: _, ...stable } = fields;
  return { status, headers: stable, text };
}

async function closeOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = await once(socket, 'close');
  return { code, reason: String(reason) };
}

test('what is no upgrade is answered 426, another path 404', async () => {
  for (const method of ['GET', 'POST']) {
    const request = get(`http://127.0.0.1:${proxy.tunnelPort}/tunnel/connect`, { method });
    const [message] = await once(request, 'response');
    const answer = await read(message);
    assert.equal(answer.status, 426);
    assert.equal(answer.headers.upgrade, 'websocket');
  }
  const [other] = await once(get(`http://127.0.0.1:${proxy.tunnelPort}/`), 'response');
  assert.equal((await read(other)).status, 404);
});

test('attack 47: no, an unknown, a revoked and an expired credential are refused alike', async () => {
  const revoked = spare();
  const expired = await provisionExpired(proxy.dataDir);
  used.push(expired);
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, revoked.sessionToken);
  await proxy.revoke(revoked.deviceId);
  assert.equal((await device.closed).code, 1008);

  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  const answers = [
    await refusal({}),
    await refusal(bearer('nobody-has-this-token')),
    await refusal(bearer(revoked.sessionToken)),
    await refusal(bearer(expired.sessionToken)),
    await refusal({}, `?token=${expired.sessionToken}`),
    await refusal({ Authorization: `Basic ${revoked.sessionToken}` }),
    await refusal(bearer(hashToken(spare().sessionToken))),
  ];
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assert.equal(answers[0]?.status, 401);
});

test('attack 48: the tunnel of a device that another process revokes is closed within a second', async () => {
  const { deviceId, sessionToken } = spare();
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);
  await proxy.revoke(deviceId);
  const acknowledgedAt = performance.now();
  assert.deepEqual(await device.closed, { code: 1008, reason: 'revoked' });
  const tookMs = performance.now() - acknowledgedAt;
  assert.ok(tookMs < REVOKED_MS + LOAD_MS, `it took ${tookMs} ms`);
});

test('a good credential is accepted, as a header and as ?token=', async () => {
  const { sessionToken } = spare();
  const byHeader = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);
  const byQuery = dial(`${proxy.tunnelUrl}?token=${sessionToken}`);
  await once(byQuery, 'open');
  // The newer connection of a device takes the older one's place.
  assert.deepEqual(await byHeader.closed, { code: 4000, reason: 'replaced' });
  byQuery.close(1000);
  await closeOf(byQuery);
});

test('a text message ends the tunnel with 1003', async () => {
  const { sessionToken } = spare();
  const socket = dial(proxy.tunnelUrl, { Authorization: `Bearer ${sessionToken}` });
  await once(socket, 'open');
  socket.send('hello');
  assert.equal((await closeOf(socket)).code, 1003);
});

test('a message over the limit ends the tunnel, one at the limit does not', async () => {
  const { sessionToken } = spare();
  const limit = 4 * 1024 * 1024 + 12;
  const socket = dial(proxy.tunnelUrl, { Authorization: `Bearer ${sessionToken}` });
  await once(socket, 'open');
  // Nothing but yamux pings, twelve bytes each.
  const pings = Buffer.alloc(limit);
  for (let at = 0; at + 12 <= limit; at += 12) pings.set([0, 2, 0, 1], at);
  socket.send(pings.subarray(0, limit - (limit % 12)));
  const [first] = await once(socket, 'message');
  assert.ok(Buffer.isBuffer(first));
  socket.send(Buffer.alloc(limit + 1));
  const { code } = await closeOf(socket);
  assert.ok(code === 1009 || code === 1006, `closed with ${code}`);
});

test('a stream that the device opens is reset, and the tunnel goes on', async () => {
  const { sessionToken } = spare();
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);
  const reset = new Promise<string>((resolve) => {
    device.session.open({ data() {}, end() {}, drain() {}, reset: (_stream, error) => resolve(error.code) });
  });
  assert.match(await reset, /^ERR_YAMUX_STREAM_(REFUSED|RESET)$/);
  const answer = forward(proxy, sessionToken);
  const { stream } = await device.request();
  await stream.answer('still here');
  assert.equal((await answer).text, 'still here');
  await device.close();
});

test('an address that fails often is told to wait; a device of it that is connected stays', async () => {
  const { sessionToken } = spare();
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);
  const refusals = await Promise.all(Array.from({ length: FAILURES }, () => refusal({})));
  assert.ok(refusals.every(({ status }) => status === 401 || status === 429));
  const late = await refusal({});
  assert.equal(late.status, 429);
  const seconds = Number(late.headers['retry-after']);
  assert.ok(seconds >= 1 && seconds <= 10, `Retry-After: ${late.headers['retry-after']}`);
  await assert.rejects(ScriptedDevice.connect(proxy.tunnelUrl, sessionToken), ({ status }: DialRefused) => {
    return status === 429;
  });

  const answer = forward(proxy, sessionToken);
  const { stream } = await device.request();
  await stream.answer('still here');
  assert.equal((await answer).text, 'still here');
  await device.close();
});

test('while it drains, dials are told to come back', async () => {
  const other = await ProxyProcess.start({ hosts: 1 });
  const [first, second] = await other.provision(2);
  assert.ok(first !== undefined && second !== undefined);
  const device = await ScriptedDevice.connect(other.tunnelUrl, first.sessionToken);
  const answer = forward(other, first.sessionToken);
  const { stream } = await device.request();
  const stopped = other.stop();
  await device.goneAway;
  await assert.rejects(ScriptedDevice.connect(other.tunnelUrl, second.sessionToken), (error: DialRefused) => {
    return error.status === 503 && Number(error.retryAfter) >= 1;
  });
  await stream.answer('done');
  assert.equal((await answer).text, 'done');
  assert.deepEqual(await device.closed, { code: 1001, reason: 'draining' });
  await stopped;
});

test('attack 47: no token and no secret is ever logged', async () => {
  await proxy.program.stop();
  const { output } = proxy.program;
  assert.match(output, /device connected/);
  assert.ok(!output.includes(proxy.secret));
  for (const { sessionToken } of used) assert.ok(!output.includes(sessionToken), sessionToken);
});
