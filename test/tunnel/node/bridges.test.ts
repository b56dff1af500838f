import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type { ForwardFailureCode } from '../../../src/contract/call.js';
import { INTERNAL_SECRET, ProxyFixture, type TestDevice } from '../../support/proxy-fixture.js';

type Handshake = [IncomingMessage, Duplex, Buffer];

let fixture: ProxyFixture;
let device: TestDevice;
/** The device's HTTP service: a test decides its handshakes. */
let service: ReturnType<typeof createServer>;

beforeEach(async () => {
  fixture = await ProxyFixture.start();
  service = createServer();
  device = await fixture.rawDevice('camera', (stream) => service.emit('connection', stream));
});
afterEach(async () => {
  await device.close();
  await fixture.close();
});

function call(deviceId = 'camera'): WebSocket {
  const url = new URL(`/internal/forward/ws?device=${deviceId}&target=/live`, fixture.internalUrl);
  url.protocol = 'ws:';
  const caller = new WebSocket(url, { headers: { Authorization: `Bearer ${INTERNAL_SECRET.reveal()}` } });
  return caller.on('error', () => {});
}

const handshake = async (): Promise<Handshake> => (await once(service, 'upgrade')) as Handshake;

function accept([request, socket, head]: Handshake): Promise<WebSocket> {
  const sockets = new WebSocketServer({ noServer: true });
  return new Promise((resolve) => sockets.handleUpgrade(request, socket, head, resolve));
}

/** What was counted: under way, answered by class of the status, failed with `code`, gone, and timed. */
function counted(code: ForwardFailureCode = 'device-offline') {
  const { streams, answered, failed, aborted, callSeconds } = fixture.metrics;
  return { streams, answered: answered.join(' '), failed: failed[code], aborted, timed: callSeconds.count };
}

test('a WebSocket counts as answered once it is open, and as under way until it is closed', async () => {
  const caller = call();
  const pending = await handshake();
  assert.deepEqual(counted(), { streams: 1, answered: '0 0 0 0 0 0', failed: 0, aborted: 0, timed: 0 });
  const opened = once(caller, 'open');
  const accepted = await accept(pending);
  await opened;
  assert.deepEqual(counted(), { streams: 1, answered: '0 1 0 0 0 0', failed: 0, aborted: 0, timed: 1 });
  const closed = once(accepted, 'close');
  caller.close();
  await Promise.all([closed, once(caller, 'close')]);
  assert.deepEqual(counted(), { streams: 0, answered: '0 1 0 0 0 0', failed: 0, aborted: 0, timed: 1 });
});

test('a handshake that the device refuses counts by its status, one that fails by its code', async () => {
  const refused = once(call(), 'unexpected-response');
  const [, socket] = await handshake();
  socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  await refused;
  assert.deepEqual(counted(), { streams: 0, answered: '0 0 0 0 1 0', failed: 0, aborted: 0, timed: 1 });
  await once(call('other'), 'unexpected-response');
  assert.deepEqual(counted(), { streams: 0, answered: '0 0 0 0 1 0', failed: 1, aborted: 0, timed: 2 });
});

test('a caller that goes before the device has accepted counts as gone', async () => {
  const caller = call();
  const [, socket] = await handshake();
  const reset = once(socket, 'error');
  caller.terminate();
  await reset;
  assert.deepEqual(counted(), { streams: 0, answered: '0 0 0 0 0 0', failed: 0, aborted: 1, timed: 1 });
});

test('a drain closes WebSockets with 1001 at both ends, and one that is accepted during it too', async () => {
  const open = call();
  const opened = once(open, 'open');
  const accepted = await accept(await handshake());
  await opened;
  const late = call();
  const pending = await handshake();
  const closes = [open, accepted, late].map((socket) => once(socket, 'close'));
  const drained = fixture.proxy.drain(60_000);
  await closes[0];
  await accept(pending);
  for (const [code, reason] of await Promise.all(closes)) {
    assert.deepEqual([code, String(reason)], [1001, 'draining']);
  }
  await drained;
  assert.equal(fixture.metrics.streams, 0);
});
