import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/actors/clock.js';
import { dial } from '../../src/agent/dial.js';
import type { StreamService } from '../../src/agent/service/stream-service.js';
import { Tunnel } from '../../src/agent/tunnel.js';
import { makeConfig } from '../../src/tunnel/yamux/config.js';
import { BlackHole } from '../support/blackhole.js';
import { connectDevice, type TunnelSettings } from './device.js';

const echo: StreamService = (stream) => {
  stream.on('error', () => {});
  stream.pipe(stream);
};

/** Keeps each stream for the test to act on. */
function keeping(): { service: StreamService; streams: Duplex[] } {
  const streams: Duplex[] = [];
  return {
    streams,
    service(stream) {
      stream.on('error', () => {});
      streams.push(stream.resume());
    },
  };
}

/** A yamux frame header: version 0, type, flags, stream id, length. */
function header(type: number, flags: number, id: number, length: number): Buffer {
  const frame = Buffer.alloc(12);
  frame.writeUInt8(type, 1);
  frame.writeUInt16BE(flags, 2);
  frame.writeUInt32BE(id, 4);
  frame.writeUInt32BE(length, 8);
  return frame;
}

test('streams of the relay are served, and gone when both ends have ended', async (t) => {
  const { remote, tunnel } = await connectDevice(t, echo);
  const stream = remote.open();
  stream.end('hello');
  assert.equal(String(await readAll(stream)), 'hello');
  await until(t, () => tunnel.streams === 0);
});

test('a text message ends the tunnel with 1003', async (t) => {
  const { remote } = await connectDevice(t, echo);
  remote.sendRaw('hello');
  assert.equal((await remote.closed).code, 1003);
});

test('a protocol error ends the tunnel with 4002 and resets its streams', async (t) => {
  const { service, streams } = keeping();
  const { remote, tunnel } = await connectDevice(t, service);
  remote.open().write('x');
  await until(t, () => streams.length === 1);
  const reset = once(streams[0]!, 'error');
  remote.sendRaw(Buffer.from([9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0]));
  assert.deepEqual(await remote.closed, { code: 4002, reason: 'ERR_YAMUX_PROTOCOL' });
  assert.equal((await tunnel.ended).code, 4002);
  assert.equal(((await reset) as [{ code: string }])[0].code, 'ERR_YAMUX_PROTOCOL');
});

test('frames may be cut and joined in any way', async (t) => {
  let received = '';
  const { remote } = await connectDevice(t, (stream) => {
    stream.on('error', () => {});
    stream.on('data', (chunk) => {
      received += chunk;
    });
  });
  const bytes = Buffer.concat([header(1, 1, 2, 0), header(0, 0, 2, 5), Buffer.from('he')]);
  for (const byte of bytes) remote.sendRaw(Buffer.from([byte]));
  remote.sendRaw(Buffer.concat([Buffer.from('llo'), header(0, 0, 2, 6), Buffer.from(' again')]));
  await until(t, () => received === 'hello again');
});

test('what the relay sends together with its 101 is not lost', async (t) => {
  const payload = Buffer.concat([header(1, 1, 2, 0), header(0, 4, 2, 5), Buffer.from('first')]);
  const server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', (request, socket) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(head), Buffer.from([0x82, payload.length]), payload]));
    t.after(() => socket.destroy());
  });
  const received = await new Promise<string>((resolve) => {
    void connectTo(t, server, (stream) => {
      stream.on('error', () => {});
      void readAll(stream).then((bytes) => resolve(bytes.toString()));
    });
  });
  assert.equal(received, 'first');
});

test('a stream beyond the limit is refused, the others go on', async (t) => {
  const { remote } = await connectDevice(t, echo, { yamux: { maxIncoming: 2 } });
  const first = remote.open();
  const second = remote.open();
  const third = remote.open();
  for (const stream of [first, second, third]) stream.write('x');
  const [error] = (await once(third, 'error')) as [{ code: string }];
  assert.equal(error.code, 'ERR_YAMUX_STREAM_REFUSED');
  second.end();
  assert.equal(String(await readAll(second)), 'x');
});

test('a drain says GoAway, refuses new streams, lets open ones finish, then closes with 1000', async (t) => {
  const { service, streams } = keeping();
  const { remote, tunnel } = await connectDevice(t, service);
  const stream = remote.open();
  stream.write('x');
  await until(t, () => streams.length === 1);
  const drained = tunnel.drain(60_000);
  await remote.goneAway;
  assert.equal(remote.session.canOpen, false);
  stream.end();
  streams[0]?.end('the whole answer');
  assert.equal(String(await readAll(stream)), 'the whole answer');
  assert.deepEqual(await remote.closed, { code: 1000, reason: '' });
  await drained;
});

test('a drain does not wait for a stream that never ends', async (t) => {
  const { service, streams } = keeping();
  const { remote, tunnel } = await connectDevice(t, service);
  const stream = remote.open();
  stream.write('x');
  await until(t, () => streams.length === 1);
  await tunnel.drain(20);
  assert.equal((await remote.closed).code, 1000);
  assert.equal(tunnel.streams, 0);
});

test('a drain does not wait for a relay that answers nothing', async (t) => {
  const { hole, tunnel } = await connectThroughHole(t);
  hole.hole();
  await tunnel.drain(20);
  assert.equal((await tunnel.ended).code, 1006);
});

test('a relay that says GoAway gets its answers, then the tunnel closes even if the relay does not', async (t) => {
  const { service, streams } = keeping();
  const { remote, tunnel } = await connectDevice(t, service, { remoteCloseMs: 20 });
  const stream = remote.open();
  stream.write('x');
  await until(t, () => streams.length === 1);
  remote.session.goAway();
  stream.end();
  streams[0]?.end('answer');
  assert.equal(String(await readAll(stream)), 'answer');
  assert.equal((await remote.closed).code, 1000);
  await tunnel.ended;
});

test('a relay that says GoAway is heard to the end: nothing is written that could cost the reason of its close', async (t) => {
  const { hole, remote, tunnel } = await connectThroughHole(t, { yamux: {}, remoteCloseMs: 60_000 });
  const link = hole.links[0]!;
  const [up, down] = [link.up.passed, link.down.passed];
  remote.session.goAway();
  await until(t, () => link.down.passed > down);
  // Many turns after the device has read it, in which it could have closed.
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(link.up.passed, up);
  remote.close(1001, 'draining');
  assert.deepEqual(await tunnel.ended, { code: 1001, reason: 'draining' });
});

test('a drain of both sides closes at once', async (t) => {
  const { remote, tunnel } = await connectDevice(t, echo, { remoteCloseMs: 60_000 });
  remote.session.goAway();
  await tunnel.drain(60_000);
  assert.equal((await remote.closed).code, 1000);
});

test('a relay that says GoAway and then nothing does not hold the device', async (t) => {
  const { service, streams } = keeping();
  const { remote, tunnel } = await connectDevice(t, service, { remoteDrainMs: 20 });
  remote.open().write('x');
  await until(t, () => streams.length === 1);
  remote.session.goAway();
  assert.equal((await tunnel.ended).code, 1000);
});

test('a path that went silent is noticed although its sockets stay open', async (t) => {
  const { hole, tunnel } = await connectThroughHole(t);
  hole.hole();
  assert.deepEqual(await tunnel.ended, { code: 1006, reason: 'the peer is silent' });
});

test('a path that lives is kept: only silence counts', async (t) => {
  const { hole, tunnel } = await connectThroughHole(t);
  let ended = false;
  void tunnel.ended.then(() => {
    ended = true;
  });
  const link = hole.links[0]!;
  const before = link.down.passed;
  // Four pings of 12 bytes and their answers: well past the keepalive's patience.
  while (link.down.passed < before + 4 * 14) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(ended, false);
  hole.cut();
  await tunnel.ended;
});

test('a connection that breaks resets every stream', async (t) => {
  const { service, streams } = keeping();
  const { remote, tunnel } = await connectDevice(t, service);
  for (let i = 0; i < 3; i++) remote.open().write('x');
  await until(t, () => streams.length === 3);
  const resets = streams.map((stream) => once(stream, 'error'));
  remote.cut();
  assert.equal((await tunnel.ended).code, 1006);
  for (const [error] of (await Promise.all(resets)) as [{ code: string }][]) {
    assert.equal(error.code, 'ERR_YAMUX_SESSION_CLOSED');
  }
});

const IMPATIENT = { yamux: { keepaliveInterval: 40, keepaliveTimeout: 80, tickMs: 10 } };

async function connectThroughHole(t: TestContext, settings: TunnelSettings = IMPATIENT) {
  let hole: BlackHole | undefined;
  const connected = await connectDevice(t, echo, settings, async ({ port }) => {
    hole = await BlackHole.start(port);
    return hole.port;
  });
  const { remote, tunnel } = connected;
  assert.ok(hole);
  const started = hole;
  t.after(() => started.close());
  return { hole: started, remote, tunnel };
}

async function connectTo(t: TestContext, server: Server, service: StreamService): Promise<void> {
  await once(server, 'listening');
  t.after(() => server.close());
  const url = new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const dialled = await dial(url, 'token', new AbortController().signal);
  assert.equal(dialled.kind, 'open');
  const tunnel = new Tunnel(dialled.socket, { service, clock: systemClock, yamux: makeConfig({}) });
  t.after(() => tunnel.drain(0));
}

async function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Waits for what follows from bytes on the way; the runner's timeout is the bound. */
async function until(t: TestContext, condition: () => boolean): Promise<void> {
  while (!condition() && !t.signal.aborted) await new Promise((resolve) => setImmediate(resolve));
}
