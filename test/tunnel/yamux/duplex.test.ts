import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { YamuxError } from '../../../src/tunnel/yamux/contract.js';
import { StreamDuplex } from '../../../src/tunnel/yamux/duplex.js';
import { type End, Link, pair } from './harness.js';

/** Both ends connected, streams of the relay accepted by `serve`. */
function connect(serve: (duplex: StreamDuplex) => void): { relay: End; device: End; link: Link } {
  const { relay, device } = pair();
  const link = new Link(relay, device);
  device.accept = (stream) => {
    const duplex = StreamDuplex.accept(stream);
    serve(duplex);
    return duplex.handler;
  };
  return { relay, device, link };
}

function open(relay: End): StreamDuplex {
  const duplex = StreamDuplex.open(relay.session);
  assert.ok(duplex);
  return duplex;
}

test('an echo of 3 MiB comes back whole, half-closed in turn, and both streams are freed', async () => {
  const { relay, device } = connect((duplex) => duplex.pipe(duplex));
  const duplex = open(relay);
  const bytes = Buffer.alloc(3 << 20, 'tunnel');
  duplex.end(bytes);
  assert.ok((await buffer(duplex)).equals(bytes));
  assert.equal(duplex.destroyed, true);
  assert.equal(relay.session.streams + device.session.streams, 0);
});

test('a reader that does not read stops the writer after the windows and buffers are full', async () => {
  let served: StreamDuplex | undefined;
  const { relay, device } = connect((duplex) => {
    served = duplex;
  });
  const duplex = open(relay);
  let written = 0;
  while (written < 8 << 20 && duplex.write(Buffer.alloc(64 << 10))) written += 64 << 10;
  while (duplex.writableNeedDrain) {
    const before = served?.readableLength;
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    if (served !== undefined && served.readableLength === before) break;
    while (duplex.write(Buffer.alloc(64 << 10)) && written < 8 << 20) written += 64 << 10;
  }
  assert.equal(duplex.writableNeedDrain, true);
  assert.ok(written < 1 << 20, `${written} bytes taken`);
  assert.ok((served?.readableLength ?? 0) <= (256 << 10) + (64 << 10));
  duplex.destroy();
  await once(duplex, 'close');
  if (served !== undefined && !served.destroyed) await once(served, 'error');
  assert.equal(device.session.streams, 0);
});

test('a slow reader gets every byte once it reads', async () => {
  let served: StreamDuplex | undefined;
  const { relay } = connect((duplex) => {
    served = duplex;
  });
  const duplex = open(relay);
  const bytes = Buffer.alloc(2 << 20, 'slow');
  duplex.end(bytes);
  while (served === undefined || served.readableLength < 256 << 10) await new Promise(setImmediate);
  const chunks: Buffer[] = [];
  served.on('data', (chunk) => chunks.push(chunk));
  await once(served, 'end');
  assert.ok(Buffer.concat(chunks).equals(bytes));
  served.end();
  duplex.resume();
  await once(duplex, 'close');
});

test('finish waits until the bytes are framed', async () => {
  const { relay, device, link } = connect((duplex) => duplex.resume().end());
  link.stop(relay);
  const duplex = open(relay);
  duplex.end('last words');
  await new Promise(setImmediate);
  assert.equal(duplex.writableFinished, false);
  link.go(relay);
  await once(duplex, 'finish');
  duplex.resume();
  await once(duplex, 'close');
  assert.equal(relay.session.streams + device.session.streams, 0);
});

test('destroy before the end is a reset that the other side sees', async () => {
  let failed: Promise<unknown[]> | undefined;
  const { relay, device } = connect((duplex) => {
    failed = once(duplex.resume(), 'error');
  });
  const duplex = open(relay);
  duplex.write('half a request');
  while (failed === undefined) await new Promise(setImmediate);
  duplex.destroy();
  const [error] = await failed;
  assert.equal((error as YamuxError).code, 'ERR_YAMUX_STREAM_RESET');
  assert.equal(relay.session.streams + device.session.streams, 0);
});

test('the end of the session destroys the stream with its reason', async () => {
  const { relay } = connect((duplex) => duplex.on('error', () => {}));
  const duplex = open(relay);
  duplex.write('x');
  const failed = once(duplex, 'error');
  relay.session.close();
  const [error] = await failed;
  assert.equal(error.code, 'ERR_YAMUX_SESSION_CLOSED');
});

test('a write that waits for the peer fails when the stream is reset', async () => {
  const { relay, device } = connect((duplex) => duplex.on('error', () => {}));
  const duplex = open(relay);
  const written = pipeline(
    (function* () {
      for (;;) yield Buffer.alloc(64 << 10);
    })(),
    duplex,
  );
  while (device.session.streams === 0) await new Promise(setImmediate);
  device.session.close(new YamuxError('ERR_YAMUX_WRITE_STALLED', 'test'));
  await assert.rejects(written, { code: 'ERR_YAMUX_REMOTE_GOAWAY' });
});

test('node:http speaks over a stream in both roles', async () => {
  const server = http.createServer((request, response) => request.pipe(response));
  const { relay } = connect((duplex) => server.emit('connection', duplex as unknown as Socket));
  const request = http.request({
    method: 'POST',
    path: '/echo',
    createConnection: () => open(relay) as unknown as Socket,
  });
  request.end('over the tunnel');
  const [response] = await once(request, 'response');
  assert.equal((await buffer(response)).toString(), 'over the tunnel');
});

test('ws speaks over a stream', async () => {
  const server = http.createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (message) => socket.send(message)));
  const { relay } = connect((duplex) => server.emit('connection', duplex as unknown as Socket));
  const socket = new WebSocket('ws://device/echo', {
    createConnection: () => open(relay) as unknown as Socket,
  });
  await once(socket, 'open');
  const bytes = Buffer.alloc(1 << 20, 'frame');
  socket.send(bytes);
  const [message] = await once(socket, 'message');
  assert.ok(bytes.equals(message));
  socket.close();
  await once(socket, 'close');
  sockets.close();
});
