import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Duplex, Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { forwardTo, targetOf } from '../../../src/agent/service/target.js';
import { settled } from '../../support/settled.js';
import { connectDevice, startService, startTcp } from '../device.js';

const MIB = 1 << 20;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A device whose local service is plain TCP. */
async function connectTcp(t: TestContext, serve: (socket: Socket) => void) {
  return connectDevice(t, forwardTo(targetOf(await startTcp(t, serve))));
}

test('a request reaches the local service as it is, and its answer comes back', async (t) => {
  const { url } = await startService(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    response.writeHead(201, {
      'X-Seen': `${request.method} ${request.url} ${request.headers['x-request-id']}`,
    });
    response.end(body.toString().toUpperCase());
  });
  const { remote } = await connectDevice(t, forwardTo(targetOf(url)));
  const options = { method: 'PUT', headers: { 'X-Request-Id': 'r1' }, body: 'hello' };
  const { status, headers, body } = await remote.fetch('/a/b?c=%20d', options);
  assert.equal(status, 201);
  assert.equal(headers['x-seen'], 'PUT /a/b?c=%20d r1');
  assert.equal(body.toString(), 'HELLO');
});

test('16 MiB go up and come down unchanged, at the same time on several streams', async (t) => {
  const { url } = await startService(t, (request, response) => request.pipe(response));
  const { remote } = await connectDevice(t, forwardTo(targetOf(url)));
  const payload = randomBytes(16 * MIB);
  const replies = await Promise.all(
    [payload, payload.subarray(0, 3 * MIB + 1)].map((body) => remote.fetch('/', { method: 'POST', body })),
  );
  assert.equal(sha256(replies[0]!.body), sha256(payload));
  assert.equal(sha256(replies[1]!.body), sha256(payload.subarray(0, 3 * MIB + 1)));
});

test('many streams at once, each with its own answer', async (t) => {
  const { url } = await startService(t, (request, response) => response.end(request.url));
  const { remote, tunnel } = await connectDevice(t, forwardTo(targetOf(url)));
  const paths = Array.from({ length: 200 }, (_, i) => `/${i}`);
  const replies = await Promise.all(paths.map((path) => remote.fetch(path)));
  assert.deepEqual(
    replies.map(({ body }) => body.toString()),
    paths,
  );
  await remote.fetch('/last');
  assert.ok(tunnel.streams <= 1);
});

test('an upgrade becomes a raw pipe both ways', async (t) => {
  const { url, server } = await startService(t, () => {});
  server.on('upgrade', (_request, socket: Duplex) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
    socket.pipe(socket);
  });
  const { remote } = await connectDevice(t, forwardTo(targetOf(url)));
  const request = remote.send('/', { headers: { Upgrade: 'echo', Connection: 'Upgrade' } });
  request.end();
  const [response, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Duplex];
  assert.equal(response.statusCode, 101);
  socket.write('ping');
  assert.equal(String((await once(socket, 'data'))[0]), 'ping');
  socket.end();
  await once(socket, 'end');
});

test('interim answers, chunks and trailers pass', async (t) => {
  const { url, server } = await startService(t, () => {});
  server.on('checkContinue', (request, response) => {
    response.writeContinue();
    response.writeHead(200, { Trailer: 'X-Sum' });
    request.on('data', (chunk) => response.write(chunk));
    request.on('end', () => {
      response.addTrailers({ 'X-Sum': '42' });
      response.end();
    });
  });
  const { remote } = await connectDevice(t, forwardTo(targetOf(url)));
  const request = remote.send('/', {
    method: 'POST',
    headers: { Expect: '100-continue', 'Transfer-Encoding': 'chunked' },
  });
  request.flushHeaders();
  await once(request, 'continue');
  request.end('body');
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  assert.equal(Buffer.concat(await response.toArray()).toString(), 'body');
  assert.equal(response.trailers['x-sum'], '42');
});

test('server-sent events arrive one by one, before the answer ends', async (t) => {
  let send: (text: string) => void = () => {};
  const { url } = await startService(t, (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    send = (text) => response.write(`data: ${text}\n\n`);
  });
  const { remote } = await connectDevice(t, forwardTo(targetOf(url)));
  const request = remote.send('/events');
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  for (const text of ['one', 'two']) {
    send(text);
    assert.equal(String((await once(response, 'data'))[0]), `data: ${text}\n\n`);
  }
  request.destroy();
  await once(request, 'close');
});

test('a half-close by the relay lets the answer come', async (t) => {
  const { remote } = await connectTcp(t, (socket) => {
    socket.write('head ');
    socket.once('end', () => socket.end('tail'));
    socket.resume();
  });
  const stream = remote.open();
  stream.end('request');
  assert.equal((await readFully(stream)).toString(), 'head tail');
});

test('a half-close by the target lets the rest of the request go up', async (t) => {
  let received: Promise<Buffer> | undefined;
  const { remote } = await connectTcp(t, (socket) => {
    socket.end('answer');
    received = readFully(socket);
  });
  const stream = remote.open();
  stream.write('part ');
  assert.equal((await readFully(stream)).toString(), 'answer');
  stream.end('rest');
  assert.equal(String(await received), 'part rest');
});

test('a reset by the relay closes the connection to the target', async (t) => {
  let closed: Promise<unknown> | undefined;
  const { remote } = await connectTcp(t, (socket) => {
    closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('begin');
    socket.resume();
    socket.once('end', () => socket.destroy());
  });
  const stream = remote.open();
  stream.write('x');
  await once(stream, 'data');
  stream.destroy();
  await closed;
});

test('a reset by the target resets the stream', async (t) => {
  const { remote } = await connectTcp(t, (socket) => {
    socket.once('data', () => socket.resetAndDestroy());
  });
  const stream = remote.open();
  stream.write('x');
  const [error] = (await once(stream.resume(), 'error')) as [{ code: string }];
  assert.equal(error.code, 'ERR_YAMUX_STREAM_RESET');
});

test('a target that is down is a 502 problem, and the tunnel goes on', async (t) => {
  const { url, server } = await startService(t, (_request, response) => response.end());
  const { remote } = await connectDevice(t, forwardTo(targetOf(url)));
  server.close();
  await once(server, 'close');
  for (const body of ['', 'x'.repeat(100_000)]) {
    const reply = await remote.fetch('/', { method: 'POST', body });
    assert.equal(reply.status, 502);
    assert.equal(reply.headers['content-type'], 'application/problem+json');
    const problem = JSON.parse(reply.body.toString());
    assert.equal(problem.type, 'urn:visiona:problem:target-unreachable');
    assert.match(problem.detail, /ECONNREFUSED/);
  }
});

test('a target that does not answer the connect is a 502 after the timeout', async (t) => {
  const port = await startDeaf(t);
  const { remote } = await connectDevice(
    t,
    forwardTo({ host: '127.0.0.1', port, connectTimeoutMs: 50, lingerMs: 0 }),
  );
  const { status, body } = await remote.fetch('/');
  assert.equal(status, 502);
  assert.match(body.toString(), /timed out/);
});

test('an upload that goes on after the answer is dropped up to a bound, then reset', async (t) => {
  const { remote } = await connectDevice(t, forwardTo(await closedTarget()));
  const stream = remote.open();
  stream.write('POST / HTTP/1.1\r\nHost: device\r\nContent-Length: 999999999\r\n\r\n');
  const [head] = (await once(stream, 'data')) as [Buffer];
  assert.match(head.toString(), /^HTTP\/1\.1 502 /);
  const sent = await writeUntilClosed(stream);
  assert.ok(sent >= MIB && sent < 8 * MIB, `${sent} bytes went up`);
});

test('an early answer stands although the target then refuses the rest of the upload', async (t) => {
  let target: Socket | undefined;
  const { remote } = await connectTcp(t, (socket) => {
    target = socket.pause();
    socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
  });
  const stream = remote.open();
  stream.write(Buffer.alloc(1000));
  assert.match((await readFully(stream)).toString(), /413 Too Large.*no$/s);
  target?.resetAndDestroy();
  const sent = await writeUntilClosed(stream);
  assert.ok(sent >= MIB && sent < 8 * MIB, `${sent} bytes went up`);
});

test('a target that reads nothing stops the sender, and loses nothing when it reads again', async (t) => {
  let target: Socket | undefined;
  const { remote } = await connectTcp(t, (socket) => {
    target = socket.pause();
  });
  const stream = remote.open();
  const total = 64 * MIB;
  let taken = 0;
  const source = Readable.from(chunksOf(total), { highWaterMark: 1 });
  source.on('data', (chunk: Buffer) => {
    taken += chunk.length;
  });
  source.pipe(stream);
  await settled(() => remote.session.stats.windowStalls && taken);
  // What the loopback's kernel buffers take, one window, and the buffers on the way.
  assert.ok(taken < total / 2, `${taken} bytes were taken`);
  assert.ok(target);
  let received = 0;
  for await (const chunk of target) received += (chunk as Buffer).length;
  assert.equal(received, total);
});

test('a target that never takes the rest of an ended stream is let go', async (t) => {
  const url = await startTcp(t, (socket) => socket.pause().end('answer'));
  const connected = clientSocket();
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  forwardTo({ ...targetOf(url), lingerMs: 20 })(stream);
  stream.push(Buffer.alloc(32 * MIB));
  stream.push(null);
  const socket = await connected;
  await once(stream, 'close');
  await once(socket, 'close');
  assert.equal(socket.writableFinished, false);
});

/** The next socket that this process connects. */
function clientSocket(): Promise<Socket> {
  return new Promise((resolve) => {
    const listener = (message: unknown): void => {
      unsubscribe('net.client.socket', listener);
      resolve((message as { socket: Socket }).socket);
    };
    subscribe('net.client.socket', listener);
  });
}

function* chunksOf(total: number): Generator<Buffer> {
  for (let left = total; left > 0; left -= 64 << 10) yield Buffer.alloc(64 << 10);
}

/** Reads to the end and leaves the writing side open. */
async function readFully(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'end');
  return Buffer.concat(chunks);
}

/** Writes for as long as the other end takes it. @returns bytes written */
async function writeUntilClosed(stream: Duplex): Promise<number> {
  const chunk = Buffer.alloc(64 << 10);
  const closed = new Promise((resolve) => stream.once('close', resolve));
  let sent = 0;
  while (!stream.destroyed) {
    sent += chunk.length;
    if (stream.write(chunk)) await new Promise((resolve) => setImmediate(resolve));
    else await Promise.race([new Promise((resolve) => stream.once('drain', resolve)), closed]);
  }
  return sent;
}

/** A port that nobody listens on. */
async function closedTarget() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return { host: '127.0.0.1', port, connectTimeoutMs: 1_000, lingerMs: 0 };
}

/** A listener with a full backlog and a thread that accepts nothing: the kernel drops every further SYN. */
async function startDeaf(t: TestContext): Promise<number> {
  const code = `
    const { parentPort } = require('node:worker_threads');
    const server = require('node:net').createServer().listen(0, '127.0.0.1', 1, () => {
      parentPort.postMessage(server.address().port);
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
    });`;
  const worker = new Worker(code, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  t.after(async () => {
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  });
  await Promise.all(fillers.slice(0, 2).map((filler) => once(filler, 'connect')));
  return port;
}
