import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { GoDevice } from '../../bench/peers/go-device.js';
import { requireGo } from '../interop/require-go.js';
import { forward } from './kit/internal-client.js';
import { pattern } from './kit/pattern.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';
import { openWebSocket } from './kit/websocket-service.js';

// What real peers do that a good guess would miss, where a whole process meets it: docs/peers.md.

let proxy: ProxyProcess;

before(async () => {
  proxy = await ProxyProcess.start({ hosts: 1 });
});
after(() => proxy.stop());

test('gorilla/websocket 1.5 with compression offered: the tunnel is without it, and serves', async (t) => {
  const program = await requireGo(t);
  if (program === undefined) return;
  const { sessionToken: token } = await proxy.device();
  const device = new GoDevice(program, { url: proxy.tunnelUrl, token, compress: true, reconnect: false });
  t.after(() => device.stop());
  await device.connected();
  const answer = await forward(proxy, token, { target: '/hello' });
  assert.deepEqual([answer.status, answer.text], [200, 'hello']);
});

test('ws 8 with compression offered: the tunnel is without it', async () => {
  const { sessionToken: token } = await proxy.device();
  const headers = { Authorization: `Bearer ${token}` };
  const socket = new WebSocket(proxy.tunnelUrl, { headers, perMessageDeflate: true });
  await once(socket, 'open');
  assert.equal(socket.extensions, '');
  socket.close();
  await once(socket, 'close');
});

test('uWebSockets.js: what a device sent last, and its close code, reach a caller that reads late', async (t) => {
  const { sessionToken: token } = await proxy.device();
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, token);
  t.after(() => device.close());
  // As much as a message may have: far more than the caller's socket takes at once.
  const size = 16 << 20;
  const { caller, device: accepted } = await openWebSocket(proxy, token, device);
  caller.pause();
  accepted.on('error', () => {});
  const bytes = Buffer.from(pattern(7, size));
  accepted.send(bytes);
  accepted.close(4321, 'that was all');
  // Over calls on the same tunnel the relay is given the time to have it all.
  for (let i = 0; i < 25; i += 1) {
    const answer = forward(proxy, token);
    await (await device.stream()).answer('');
    await answer;
  }
  const heard = once(caller, 'message');
  const closed = once(caller, 'close');
  caller.resume();
  const [data] = await heard;
  assert.ok(bytes.equals(data as Buffer));
  const [code, reason] = await closed;
  assert.deepEqual([code, String(reason)], [4321, 'that was all']);
});
