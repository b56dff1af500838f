import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, test } from 'node:test';
import { ask, begin, forward, openCall, problemCode, read, response } from './kit/internal-client.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';
import { openWebSocket } from './kit/websocket-service.js';

let proxy: ProxyProcess;
let tokens: string[];

beforeEach(async () => {
  proxy = await ProxyProcess.start();
  tokens = (await proxy.provision(6)).map(({ sessionToken }) => sessionToken);
});
// Ended by its test: this only removes what it left.
afterEach(() => proxy.remove());

const connect = (): Promise<ScriptedDevice[]> =>
  Promise.all(tokens.map((token) => ScriptedDevice.connect(proxy.tunnelUrl, token)));

test('a drain under load: unready, GoAway and 1001 to every device, every running call finished, exit 0', async () => {
  const devices = await connect();
  const calls = tokens.map((token) => begin(proxy, token));
  const streams = await Promise.all(devices.map((device) => device.stream()));
  const upload = openCall(proxy, tokens[0] ?? '', { method: 'PUT', headers: { 'Content-Length': '8' } });
  const stored = response(upload);
  upload.write('half');
  const [first] = devices;
  assert.ok(first !== undefined);
  const uploaded = await first.stream();
  for (const stream of streams) {
    await stream.head();
    await stream.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
  }
  const answers = await Promise.all(calls);

  const stopped = proxy.program.stop();
  await Promise.all(devices.map((device) => device.goneAway));
  const ready = await ask(proxy, '/internal/ready');
  assert.deepEqual([ready.status, problemCode(ready)], [503, 'draining']);
  const late = await forward(proxy, tokens[1] ?? '');
  assert.deepEqual([late.status, problemCode(late)], [503, 'draining']);

  upload.end('more');
  await uploaded.head();
  assert.equal(String(await uploaded.read(8)), 'halfmore');
  await uploaded.answer('stored');
  assert.equal((await read(await stored)).text, 'stored');
  for (const stream of streams) {
    await stream.write('more');
    stream.end();
  }
  for (const answer of answers) assert.equal((await read(answer)).text, 'halfmore');
  for (const device of devices) assert.deepEqual(await device.closed, { code: 1001, reason: 'draining' });
  assert.match((await stopped).stdout, /"msg":"stopped"/);
});

test('a second signal ends a drain that waits, with exit 1 and the reason', async () => {
  const [device] = await connect();
  const call = begin(proxy, tokens[0] ?? '').catch(() => undefined);
  await device?.request();
  proxy.program.signal('SIGTERM');
  await device?.goneAway;
  // The first ones are too close to be a second.
  const again = setInterval(() => proxy.program.signal('SIGTERM'), 100);
  // Then no more: while the process exits nothing holds a signal back.
  await proxy.program.said(/second signal/).finally(() => clearInterval(again));
  const { code, signal, stderr } = await proxy.program.exited;
  assert.deepEqual([code, signal], [1, null]);
  assert.match(stderr, /second signal/);
  await call;
});

test('an idle proxy with devices and WebSockets drains at once', async () => {
  const devices = await connect();
  const [device] = devices;
  assert.ok(device !== undefined);
  const { caller } = await openWebSocket(proxy, tokens[0] ?? '', device);
  const closed = once(caller, 'close');
  const { code } = await proxy.program.stop();
  assert.equal(code, 0);
  assert.equal((await closed)[0], 1001);
  for (const each of devices) assert.equal((await each.closed).code, 1001);
});
