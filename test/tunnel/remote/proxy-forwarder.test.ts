import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { Secret } from '../../../src/text/secret.js';
import { ProxyForwarder } from '../../../src/tunnel/remote/proxy-forwarder.js';
import {
  MAX_ANSWER_HEAD_BYTES,
  MAX_PROBLEM_BYTES,
  MAX_REQUEST_HEADERS,
} from '../../../src/tunnel/remote/proxy-limits.js';
import { ProxyPool } from '../../../src/tunnel/remote/proxy-pool.js';
import { BlackHole } from '../../support/blackhole.js';
import { INTERNAL_SECRET, ProxyFixture } from '../../support/proxy-fixture.js';
import { FakeProxy, type FakeProxyOptions } from '../forward/fake-proxy.js';
import { DEVICE, openOverProxy } from '../forward/http-device.js';
import { RecordedBridge } from '../forward/recorded-bridge.js';
import { RecordedCall, request } from '../forward/recording-sink.js';
import { roomyBudget } from '../forward/unread.js';

const OK = 'HTTP/1.1 200 OK\r\nX-Forward-Origin: device\r\n';

const it = (what: string, body: (proxy: FakeProxy) => Promise<void>, options?: FakeProxyOptions): void => {
  test(`ProxyForwarder: ${what}`, async () => {
    const proxy = await FakeProxy.start(options);
    try {
      await body(proxy);
    } finally {
      await proxy.close();
    }
  });
};

const call = ({ forwarder }: FakeProxy, over = {}) => new RecordedCall(forwarder, DEVICE, request(over));

it('says what is to be carried, and nothing that a caller said in its place', async (proxy) => {
  proxy.answer = (socket) => socket.write(`${OK}Content-Length: 0\r\n\r\n`);
  const headers = ['host', 'device.test', 'X-Forward-Target', '/evil', 'x_forward_method', 'PUT'];
  headers.push(
    'Authorization',
    'Bearer user',
    'expect',
    '100-continue',
    'x-forwarded-for',
    '::1',
    'x-a',
    'b',
  );
  await call(proxy, { method: 'DELETE', target: '/a?b', headers }).over();
  const [line, ...fields] = (proxy.heads[0] ?? '').trim().split('\r\n');
  assert.equal(line, 'POST /internal/forward/http?device=camera HTTP/1.1');
  assert.deepEqual(fields, [
    'host: device.test',
    'connection: keep-alive',
    `authorization: Bearer ${INTERNAL_SECRET.reveal()}`,
    'x-forward-method: DELETE',
    'x-forward-target: /a?b',
    'x-forwarded-for: ::1',
    'x-a: b',
    'content-length: 0',
  ]);
});

it('uses connections again, for one call at a time', async (proxy) => {
  proxy.answer = (socket) => socket.write(`${OK}Content-Length: 2\r\n\r\nok`);
  for (let i = 0; i < 20; i++) assert.equal(String((await call(proxy).over()).body), 'ok');
  // The one that has just been used is left alone for a turn of the loop.
  assert.ok(proxy.sockets.length <= 2, `${proxy.sockets.length} connections`);
  await Promise.all([call(proxy).over(), call(proxy).over(), call(proxy).over()]);
  assert.ok(proxy.sockets.length >= 3, `${proxy.sockets.length} connections for three calls at once`);
});

for (const [what, answer] of [
  ['in a body of known length', `${OK}Content-Length: 100\r\n\r\npart`],
  ['in a chunked body', `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n`],
  [
    'in a body of known length that is said to be the last',
    `${OK}Connection: close\r\nContent-Length: 9\r\n\r\npart`,
  ],
  [
    'in a chunked body that is said to be the last',
    `${OK}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n`,
  ],
] as const) {
  it(`an answer that is cut ${what} does not pass for a whole one`, async (proxy) => {
    for (const how of ['end', 'resetAndDestroy'] as const) {
      proxy.answer = (socket) => socket.write(answer, () => how === 'end' && socket.end());
      const cut = call(proxy);
      await cut.until(() => cut.body.length > 0);
      if (how === 'resetAndDestroy') proxy.sockets.at(-1)?.resetAndDestroy();
      await cut.over();
      assert.equal(String(cut.body), 'part');
      assert.equal(cut.failure?.code, 'proxy-broke-off');
    }
  });
}

it('an answer whose end is the end of its connection is not believed', async (proxy) => {
  proxy.answer = (socket) => socket.end(`${OK}\r\nall of it?`);
  const { answer, failure } = await call(proxy).over();
  assert.equal(answer, undefined);
  assert.equal(failure?.code, 'proxy-broke-off');
});

const problem = (code: string): string => {
  const body = JSON.stringify({ type: `urn:visiona:problem:${code}`, code, detail: 'why' });
  return `X-Forward-Origin: proxy\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};
for (const [what, answer, code] of [
  ["a problem of the proxy's", `HTTP/1.1 503 x\r\n${problem('device-offline')}`, 'device-offline'],
  ["a problem that is no call's", `HTTP/1.1 500 x\r\n${problem('internal')}`, 'proxy-broke-off'],
  [
    'a problem that is none',
    'HTTP/1.1 503 x\r\nX-Forward-Origin: proxy\r\nContent-Length: 4\r\n\r\nnull',
    'proxy-broke-off',
  ],
  [
    'a problem that is no JSON',
    'HTTP/1.1 503 x\r\nX-Forward-Origin: proxy\r\nContent-Length: 4\r\n\r\n<a/>',
    'proxy-broke-off',
  ],
  ['a refused secret', 'HTTP/1.1 401 x\r\nContent-Length: 0\r\n\r\n', 'proxy-refused'],
  ['a refused carrier', 'HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n', 'bad-request'],
  ['a head that is too large for the proxy', 'HTTP/1.1 431 x\r\nConnection: close\r\n\r\n', 'bad-request'],
  ['another server', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi', 'proxy-broke-off'],
  ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'proxy-broke-off'],
] as const) {
  it(`${what} is ${code}`, async (proxy) => {
    proxy.answer = (socket) => (answer.includes('Length') ? socket.write(answer) : socket.end(answer));
    const { failure, answer: head } = await call(proxy).over();
    assert.equal(head, undefined);
    assert.equal(failure?.code, code);
    assert.equal(proxy.forwarder.underWay, 0);
    const bridged = await new RecordedBridge(proxy.forwarder).over();
    assert.equal(bridged.failure?.code, code);
  });
}

it('a problem document is bounded', async (proxy) => {
  proxy.answer = (socket) => {
    socket.write(`HTTP/1.1 503 x\r\nX-Forward-Origin: proxy\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const more = (): void => {
      while (!socket.destroyed && socket.write(`400\r\n${'x'.repeat(1024)}\r\n`));
    };
    socket.on('drain', more);
    more();
  };
  const endless = call(proxy);
  assert.match((await endless.over()).failure?.detail ?? '', /too large/);
  assert.ok(MAX_PROBLEM_BYTES < 64 * 1024);
});

it('the head of an answer is bounded', async (proxy) => {
  proxy.answer = (socket) => socket.write(`${OK}X-A: ${'a'.repeat(60 * 1024)}\r\nContent-Length: 0\r\n\r\n`);
  assert.equal((await call(proxy).over()).answer?.status, 200);
  proxy.answer = (socket) => socket.write(`${OK}X-A: ${'a'.repeat(MAX_ANSWER_HEAD_BYTES)}\r\n\r\n`);
  const { failure } = await call(proxy).over();
  assert.equal(failure?.code, 'proxy-broke-off');
});

it(
  'calls and WebSockets under way are bounded together; those beyond are refused at once',
  async (proxy) => {
    const first = call(proxy);
    const second = new RecordedBridge(proxy.forwarder);
    assert.equal(proxy.forwarder.underWay, 2);
    assert.equal(call(proxy).failure?.code, 'overloaded');
    assert.equal(new RecordedBridge(proxy.forwarder).failure?.code, 'overloaded');
    first.call.abort();
    second.bridge.close(1006, '');
    while (proxy.forwarder.underWay > 0) await new Promise((resolve) => setImmediate(resolve));
    proxy.answer = (socket) => socket.write(`${OK}Content-Length: 0\r\n\r\n`);
    assert.equal((await call(proxy).over()).answer?.status, 200);
  },
  { maxCalls: 2 },
);

it('a proxy that is given up fails what is under way, and no address is said', async (proxy) => {
  const arrived = new Promise<void>((resolve) => {
    proxy.answer = () => proxy.heads.length === 2 && resolve();
  });
  const waiting = call(proxy, { method: 'POST' });
  const bridged = new RecordedBridge(proxy.forwarder);
  await arrived;
  const unsent = call(proxy, { method: 'POST', bodyLength: 10 });
  proxy.forwarder.connectionLost('it does not answer');
  assert.deepEqual(waiting.failure, { code: 'proxy-broke-off', detail: 'it does not answer' });
  assert.equal(unsent.failure?.code, 'proxy-unreachable');
  assert.equal(bridged.failure?.code, 'proxy-broke-off');
  while (proxy.forwarder.underWay > 0) await new Promise((resolve) => setImmediate(resolve));
});

it('an open WebSocket to a proxy that is given up is closed with 1014', async (proxy) => {
  const { forwarder, close } = await openOverProxy();
  try {
    const bridged = await new RecordedBridge(forwarder).open();
    (forwarder as ProxyForwarder).connectionLost('it does not answer');
    assert.equal(bridged.close?.code, 1014);
    assert.equal(bridged.ends, 1);
  } finally {
    await close();
  }
  assert.equal(proxy.heads.length, 0);
});

it(
  'a handshake that is not answered in time is proxy-broke-off',
  async (proxy) => {
    assert.equal((await new RecordedBridge(proxy.forwarder).over()).failure?.code, 'proxy-broke-off');
  },
  { handshakeMs: 50 },
);

it('a request with more fields than the way takes is bad-request', async (proxy) => {
  const headers = [
    'host',
    'd',
    ...Array.from({ length: MAX_REQUEST_HEADERS }, (_, i) => [`x-${i}`, '1']).flat(),
  ];
  assert.equal(call(proxy, { headers }).failure?.code, 'bad-request');
  assert.equal(new RecordedBridge(proxy.forwarder, { headers }).failure?.code, 'bad-request');
  assert.equal(proxy.heads.length, 0);
});

test('ProxyForwarder: as many fields as it takes arrive, with calls and with WebSockets', async () => {
  const { forwarder, device, close } = await openOverProxy();
  try {
    device.serve = (req, res) => res.end(String(Object.keys(req.headers).length));
    const headers = [
      'host',
      'd',
      ...Array.from({ length: MAX_REQUEST_HEADERS - 1 }, (_, i) => [`x-${i}`, '1']).flat(),
    ];
    const { body, failure } = await new RecordedCall(forwarder, DEVICE, request({ headers })).over();
    // The device sees Connection, too.
    assert.equal(String(body), String(MAX_REQUEST_HEADERS + 1), JSON.stringify(failure));
    const bridged = await new RecordedBridge(forwarder, { headers, protocols: ['p'] }).open();
    bridged.bridge.close(1000, '');
  } finally {
    await close();
  }
});

test('ProxyForwarder: no proxy is proxy-unreachable, and its address is not told', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const url = new URL(`http://127.0.0.1:${port}`);
  const pool = new ProxyPool({ url, secret: INTERNAL_SECRET });
  const forwarder = new ProxyForwarder({ pool, budget: roomyBudget() });
  try {
    const { failure } = await new RecordedCall(forwarder, DEVICE, request()).over();
    assert.equal(failure?.code, 'proxy-unreachable');
    assert.ok(!failure?.detail.includes(String(port)), failure?.detail);
    const uploading = new RecordedCall(forwarder, DEVICE, request({ method: 'POST', bodyLength: undefined }));
    uploading.call.body(Buffer.from('x'), false);
    assert.equal((await uploading.over()).failure?.code, 'proxy-unreachable');
    const bridged = await new RecordedBridge(forwarder).over();
    assert.equal(bridged.failure?.code, 'proxy-unreachable');
    assert.equal(forwarder.underWay, 0);
  } finally {
    await pool.close();
  }
});

test('ProxyForwarder: another secret is proxy-refused', async () => {
  const fixture = await ProxyFixture.start();
  const secret = new Secret('another secret of thirty-two bytes');
  const pool = new ProxyPool({ url: fixture.internalUrl, secret });
  const forwarder = new ProxyForwarder({ pool, budget: roomyBudget() });
  try {
    const { failure } = await new RecordedCall(forwarder, DEVICE, request()).over();
    assert.equal(failure?.code, 'proxy-refused');
    assert.equal((await new RecordedBridge(forwarder).over()).failure?.code, 'proxy-refused');
  } finally {
    await pool.close();
    await fixture.close();
  }
});

test('ProxyForwarder: a proxy that breaks off with the request is proxy-broke-off', async () => {
  const { forwarder, fixture, device, close } = await openOverProxy();
  const hole = await BlackHole.start(fixture.proxy.internalPort);
  const pool = new ProxyPool({ url: new URL(`http://127.0.0.1:${hole.port}`), secret: INTERNAL_SECRET });
  const over = new ProxyForwarder({ pool, budget: roomyBudget() });
  try {
    const arrived = new Promise<void>((resolve) => {
      device.serve = () => resolve();
    });
    const waiting = new RecordedCall(over, DEVICE, request({ method: 'POST' }));
    await arrived;
    hole.cut();
    assert.equal((await waiting.over()).failure?.code, 'proxy-broke-off');
    assert.equal((forwarder as ProxyForwarder).underWay, 0);
  } finally {
    await pool.close();
    await hole.close();
    await close();
  }
});
