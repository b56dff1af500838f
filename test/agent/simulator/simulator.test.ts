import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { bootHost } from '../../../src/agent/simulator/edge-api.js';
import { simulate } from '../../../src/agent/simulator/simulator.js';
import { connectDevice } from '../device.js';

/** A virtual host behind a tunnel, on a clock of its own. */
async function connectHost(t: TestContext) {
  const time = { now: 0 };
  const { remote } = await connectDevice(t, simulate(bootHost('00c0ffee', () => time.now)));
  const call = async (method: string, path: string) => {
    const { status, headers, body } = await remote.fetch(path, { method });
    return { status, headers, body: body.length > 0 ? JSON.parse(body.toString()) : undefined };
  };
  return { call, remote, time };
}

test('GET /api/system', async (t) => {
  const { call, time } = await connectHost(t);
  time.now = 5_000;
  const { status, headers, body } = await call('GET', '/api/system');
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(body.uptimeSeconds, 5);
});

test('a module is listed, connected in time, and disconnected', async (t) => {
  const { call, time } = await connectHost(t);
  const { body } = await call('GET', '/api/modules?limit=5');
  assert.deepEqual(
    body.items.map(({ id, state }: { id: string; state: string }) => [id, state]),
    [
      ['npu-0', 'disconnected'],
      ['npu-1', 'disconnected'],
    ],
  );
  const connecting = await call('POST', '/api/modules/npu-0/connect');
  assert.deepEqual([connecting.status, connecting.body.state], [202, 'connecting']);
  const busy = await call('POST', '/api/modules/npu-0/disconnect');
  assert.deepEqual([busy.status, busy.body.code], [409, 'module-busy']);
  time.now += 1_500;
  assert.equal((await call('GET', '/api/modules/npu-0')).body.state, 'connected');
  const already = await call('POST', '/api/modules/npu-0/connect');
  assert.deepEqual([already.status, already.body.state], [200, 'connected']);
  const disconnecting = await call('POST', '/api/modules/npu-0/disconnect');
  assert.deepEqual([disconnecting.status, disconnecting.body.state], [202, 'disconnecting']);
  time.now += 400;
  assert.equal((await call('GET', '/api/modules/npu-0')).body.state, 'disconnected');
});

test('a scan is a job whose results come in time', async (t) => {
  const { call, time } = await connectHost(t);
  assert.equal((await call('GET', '/api/modules')).body.scan, null);
  const { status, body } = await call('POST', '/api/modules/scan');
  assert.deepEqual([status, body.state], [202, 'running']);
  time.now += 2_000;
  const after = (await call('GET', '/api/modules')).body;
  assert.deepEqual([after.items.length, after.scan.state, after.scan.found], [3, 'succeeded', ['npu-2']]);
  assert.equal(after.scan.jobId, body.jobId);
});

test('what is not there is a 404 problem', async (t) => {
  const { call } = await connectHost(t);
  for (const path of ['/', '/api', '/api/modules/', '/api/modules/%', '/api/system/', '//api/system', '*']) {
    const { status, headers, body } = await call('GET', path);
    assert.deepEqual([status, body.type], [404, 'urn:visiona:problem:not-found'], path);
    assert.equal(headers['content-type'], 'application/problem+json');
  }
  const { status, body } = await call('GET', '/api/modules/npu%2D9');
  assert.deepEqual([status, body.code], [404, 'module-not-found']);
  assert.match(body.detail, /"npu-9"/);
});

test('another method is a 405 with Allow', async (t) => {
  const { call } = await connectHost(t);
  for (const [method, path, allow] of [
    ['DELETE', '/api/system', 'GET, HEAD'],
    ['GET', '/api/modules/scan', 'POST'],
    ['PUT', '/api/modules/npu-0', 'GET, HEAD'],
    ['HEAD', '/api/modules/npu-0/connect', 'POST'],
  ] as const) {
    const { status, headers } = await call(method, path);
    assert.deepEqual([status, headers.allow], [405, allow], `${method} ${path}`);
  }
});

test('HEAD is GET without its body', async (t) => {
  const { call } = await connectHost(t);
  const { status, headers, body } = await call('HEAD', '/api/modules');
  assert.equal(status, 200);
  assert.ok(Number(headers['content-length']) > 100);
  assert.equal(body, undefined);
});

test('a body that no endpoint wants is dropped, however long', async (t) => {
  const { remote } = await connectHost(t);
  const body = Buffer.alloc(1 << 20);
  const { status } = await remote.fetch('/api/modules/npu-1/connect', { method: 'POST', body });
  assert.equal(status, 202);
});

test('a relay that half-closes after its request gets the whole answer, then the end of the stream', async (t) => {
  const { remote } = await connectHost(t);
  const stream = remote.open();
  stream.end('GET /api/modules HTTP/1.1\r\nHost: device\r\n\r\n');
  let answer = '';
  stream.on('data', (chunk) => {
    answer += chunk;
  });
  await once(stream, 'end');
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(answer, /"scan":null\}$/);
});

test('what is no HTTP, or too long, is answered and ended', async (t) => {
  const { remote } = await connectHost(t);
  for (const [request, status] of [
    ['hello\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    [`GET / HTTP/1.1\r\nX: ${'x'.repeat(60_000)}\r\n\r\n`, 431],
  ] as const) {
    const stream = remote.open();
    stream.end(request);
    let answer = '';
    stream.on('data', (chunk) => {
      answer += chunk;
    });
    await once(stream, 'end');
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} .*"status":${status}.*\\}$`, 's'));
  }
});

test('a stream that is reset in the middle of a request harms nobody', async (t) => {
  const { call, remote } = await connectHost(t);
  const stream = remote.open();
  stream.write('POST /api/modules/scan HTTP/1.1\r\nContent-Length: 100\r\nHost: device\r\n\r\nabc');
  await once(stream, 'data');
  stream.destroy();
  assert.equal((await call('GET', '/api/system')).status, 200);
});
