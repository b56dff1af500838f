import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import { startApiServer } from '../../src/cli/compose/api-server.js';
import type { RunningProcess } from '../../src/cli/process/run.js';
import { loadApiConfig } from '../../src/config/load.js';
import { apiEnvironment, startRestartableProxy } from './kit/api-process.js';
import type { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';
import { ownerOf } from './kit/store.js';

// api-server in this process, for who calls is told by the test; remote-proxy and the stores are real processes.

const SIZE = 16 * 1024 * 1024;
const big = randomBytes(SIZE);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let proxy: ProxyProcess;
let api: RunningProcess;
let device: ScriptedDevice;
let offlineId: string;
let onlineId: string;

/** What the device's HTTP service does; set by each test. */
let serve: (req: IncomingMessage, res: ServerResponse) => void;
const service = createServer((req, res) => serve(req, res));
const sockets = new WebSocketServer({ server: service });

before(async () => {
  proxy = await startRestartableProxy();
  const [online, offline] = await proxy.provision(2);
  assert.ok(online !== undefined && offline !== undefined);
  [onlineId, offlineId] = [online.deviceId, offline.deviceId];
  const userId = await ownerOf(proxy.dataDir, onlineId);
  const config = loadApiConfig({ flags: new Map(), env: apiEnvironment(proxy) });
  const user = { userId, via: 'bearer', endsAt: Number.POSITIVE_INFINITY } as const;
  const authenticator = { peek: () => user, authenticate: () => Promise.resolve(user) };
  api = await startApiServer(config, pino({ level: 'silent' }), authenticator);
  device = await ScriptedDevice.connect(proxy.tunnelUrl, online.sessionToken);
  void serveStreams();
});
after(async () => {
  await api.drain();
  await device.close();
  await proxy.stop();
  service.close();
});

async function serveStreams(): Promise<never> {
  for (;;) {
    const { duplex } = await device.stream();
    service.emit('connection', duplex);
  }
}

function url(path: string, deviceId = onlineId): string {
  return `${api.ready.api}/api/devices/${deviceId}/proxy${path}`;
}

function call(
  path: string,
  init: RequestInit & { duplex?: 'half' } = {},
  deviceId?: string,
): Promise<Response> {
  return fetch(url(path, deviceId), { ...init, headers: { authorization: 'Bearer x', ...init.headers } });
}

test('GET: the device sees the request, the caller the answer', async () => {
  let seen: IncomingMessage | undefined;
  serve = (req, res) => {
    seen = req;
    res.setHeader('X-Device', 'yes');
    res.end(req.url);
  };
  const answer = await call('/a/b?c=d', { headers: { 'x-mine': '1', 'x-forward-target': '/evil' } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('x-device'), 'yes');
  assert.equal(answer.headers.get('x-forward-origin'), null);
  assert.equal(await answer.text(), '/a/b?c=d');
  assert.equal(seen?.headers['x-mine'], '1');
  assert.equal(seen?.headers['x-forward-target'], undefined);
  assert.equal(seen?.headers.authorization, undefined);
  assert.ok(seen?.headers['x-visiona-user']);
  assert.equal(seen?.headers['x-request-id'], answer.headers.get('x-request-id'));
});

test('HEAD keeps the length that a GET would have', async () => {
  serve = (_req, res) => res.writeHead(200, { 'Content-Length': 12345 }).end();
  const answer = await call('/', { method: 'HEAD' });
  assert.equal(answer.headers.get('content-length'), '12345');
});

test('16 MiB come down whole', async () => {
  serve = (_req, res) => res.end(big);
  const body = new Uint8Array(await (await call('/')).arrayBuffer());
  assert.equal(sha256(body), sha256(big));
});

/** Answers with the digest of what came; a caller may break off. */
async function digest(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const hash = createHash('sha256');
  req.on('error', () => {});
  try {
    for await (const part of req) hash.update(part);
    res.end(hash.digest('hex'));
  } catch {
    res.destroy();
  }
}

test('16 MiB go up whole, of known and of unknown length', async () => {
  serve = digest;
  assert.equal(await (await call('/', { method: 'PUT', body: big })).text(), sha256(big));
  const body = new Blob([big]).stream();
  assert.equal(await (await call('/', { method: 'POST', body, duplex: 'half' })).text(), sha256(big));
});

test('uploads at once arrive whole, of all sizes, while others break off and answers come down', async () => {
  serve = (req, res) => (req.method === 'GET' ? res.end(big) : void digest(req, res));
  const uploads = Array.from({ length: 40 }, async (_, i) => {
    const bytes = big.subarray(i, i + 3 ** (i % 15));
    if (i % 4 > 0) {
      assert.equal(await (await call('/', { method: 'PUT', body: bytes })).text(), sha256(bytes));
      return;
    }
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        if (sent < 5) controller.enqueue(big.subarray(0, 100_000));
        else controller.error(new Error('breaks off'));
      },
    });
    await assert.rejects(call('/', { method: 'POST', body, duplex: 'half' }));
  });
  const downloads = Array.from({ length: 3 }, async () => {
    assert.equal(sha256(new Uint8Array(await (await call('/')).arrayBuffer())), sha256(big));
  });
  await Promise.all([...uploads, ...downloads]);
});

test('events come one by one, as they are made', async () => {
  let response: ServerResponse | undefined;
  serve = (_req, res) => {
    response = res;
    res.setHeader('Content-Type', 'text/event-stream');
    res.write('data: 0\n\n');
  };
  const { body, headers } = await call('/events');
  assert.equal(headers.get('content-type'), 'text/event-stream');
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  for (let i = 0; i < 50; i++) {
    assert.equal((await reader.read()).value, `data: ${i}\n\n`);
    response?.write(`data: ${i + 1}\n\n`);
  }
  const reset = new Promise<void>((resolve) => void response?.req.socket.once('close', () => resolve()));
  await reader.cancel();
  await reset;
});

test('a caller that goes away resets the stream of the device', async () => {
  const gone = new AbortController();
  const reset = new Promise<void>((resolve) => {
    serve = (req) => {
      req.socket.once('close', () => resolve());
      gone.abort();
    };
  });
  await assert.rejects(call('/hang', { signal: gone.signal }), { name: 'AbortError' });
  await reset;
});

test('a device that breaks off in the body cuts the connection', async () => {
  const broken = new Promise<() => void>((resolve) => {
    serve = (req, res) => {
      res.writeHead(200, { 'Content-Length': 100 }).write('part');
      resolve(() => req.socket.destroy());
    };
  });
  const answer = await call('/');
  assert.equal(answer.status, 200);
  (await broken)();
  await assert.rejects(answer.arrayBuffer());
});

test('a WebSocket carries messages both ways', async () => {
  sockets.once('connection', (socket) => {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
    socket.on('close', (code) => sockets.emit('device closed', code));
  });
  const socket = new WebSocket(url('/ws').replace('http', 'ws'), { headers: { authorization: 'Bearer x' } });
  await once(socket, 'open');
  for (const [data, binary] of [
    [Buffer.from('hello'), false],
    [randomBytes(1024 * 1024), true],
  ] as const) {
    socket.send(data, { binary });
    assert.deepEqual(await once(socket, 'message'), [data, binary]);
  }
  const closed = once(sockets, 'device closed');
  socket.close(4321);
  assert.deepEqual(await closed, [4321]);
});

test('a device without a tunnel is 503 device-offline, one that is not there 404 device-not-found', async () => {
  const offline = await call('/', {}, offlineId);
  assert.equal(offline.status, 503);
  assert.ok(Number(offline.headers.get('retry-after')) >= 1);
  assert.equal(((await offline.json()) as { code: string }).code, 'device-offline');
  const missing = await call('/', {}, 'nothing-there');
  assert.equal(missing.status, 404);
  assert.equal(((await missing.json()) as { code: string }).code, 'device-not-found');
});

test("sessions come from remote-proxy: the device's is listed", async () => {
  const answer = await fetch(`${api.ready.api}/api/sessions`, { headers: { authorization: 'Bearer x' } });
  const { items } = (await answer.json()) as { items: { deviceId: string }[] };
  assert.deepEqual(
    items.map(({ deviceId }) => deviceId),
    [onlineId],
  );
});

// Last: it takes remote-proxy away.
test('a proxy that dies under a call is 502, and 503 proxy-unreachable from then on', async () => {
  const arrived = new Promise<void>((resolve) => {
    serve = () => resolve();
  });
  const waiting = call('/', { method: 'POST', body: 'x' });
  await arrived;
  await proxy.program.kill();
  const cut = await waiting;
  assert.equal(cut.status, 502);
  assert.equal(((await cut.json()) as { code: string }).code, 'proxy-broke-off');
  const refused = await call('/');
  assert.equal(refused.status, 503);
  const problem = (await refused.json()) as { code: string; detail: string };
  assert.equal(problem.code, 'proxy-unreachable');
  assert.ok(!problem.detail.includes('127.0.0.1'), problem.detail);
  await proxy.restart();
});
