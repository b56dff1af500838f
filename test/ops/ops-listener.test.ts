import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { expose } from '../../src/observability/exposition.js';
import { Metrics } from '../../src/observability/metrics.js';
import { OpsListener } from '../../src/ops/ops-listener.js';
import { type Missing, REST_DUTIES, Readiness } from '../../src/server/readiness.js';
import { silentRequests } from '../support/silent-requests.js';

const ADDRESS = { host: '127.0.0.1', port: 0 };

/** @param missing what readiness finds */
async function start(t: TestContext, missing: Missing = {}) {
  const readiness = new Readiness(REST_DUTIES, () => Promise.resolve(missing));
  const exposition = expose(new Metrics(), ['rest']);
  const ops = new OpsListener({ address: ADDRESS, readiness, exposition, requests: silentRequests() });
  await ops.start();
  t.after(() => ops.close());
  return {
    ops,
    readiness,
    ask: (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${ops.port}${path}`, init),
  };
}

test('O3: health, readiness and metrics, without a secret, for GET and HEAD', async (t) => {
  const { ask } = await start(t);
  for (const [path, type] of [
    ['/healthz', 'application/json'],
    ['/readyz', 'application/json'],
    ['/metrics', 'text/plain; version=0.0.4; charset=utf-8'],
    ['/metrics?from=somewhere', 'text/plain; version=0.0.4; charset=utf-8'],
  ] as const) {
    const answer = await ask(path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers.get('content-type'), type);
    const length = (await answer.text()).length;
    const head = await ask(path, { method: 'HEAD' });
    assert.equal(head.status, 200, path);
    assert.ok(Number(head.headers.get('content-length')) > length / 2);
    assert.equal(await head.text(), '');
  }
});

test('O3: nothing else is served there: 404 for paths, 405 for methods, with a request id', async (t) => {
  const { ask } = await start(t);
  for (const path of ['/', '/metrics/', '/api/health', '/internal/sessions', '/HEALTHZ', '/metrics%2f']) {
    const answer = await ask(path, { headers: { 'x-request-id': 'mine' } });
    assert.equal(answer.status, 404, path);
    assert.equal(answer.headers.get('x-request-id'), 'mine');
    assert.deepEqual(((await answer.json()) as { code: string }).code, 'not-found');
  }
  const post = await ask('/metrics', { method: 'POST', body: 'x' });
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
});

test('O3: readiness says what is missing, and that it drains', async (t) => {
  const missing = await start(t, { reads: 'store-unavailable', writes: 'store-unavailable' });
  const answer = await missing.ask('/readyz');
  assert.equal(answer.status, 503);
  const { code, detail } = (await answer.json()) as { code: string; detail: string };
  assert.equal(code, 'store-unavailable');
  assert.equal(detail, 'missing: reads (store-unavailable), writes (store-unavailable); works: device-calls');
  assert.equal((await missing.ask('/healthz')).status, 200);
  const { ask, readiness } = await start(t);
  readiness.drain();
  assert.equal(((await (await ask('/readyz')).json()) as { code: string }).code, 'draining');
});

test('O4: what is missing and what works is told; who needs a part asks for it', async (t) => {
  const { ask } = await start(t, { writes: 'store-read-only', 'device-calls': 'proxy-unreachable' });
  const answer = await ask('/readyz');
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), {
    status: 'degraded',
    works: ['reads'],
    missing: [
      { part: 'writes', code: 'store-read-only' },
      { part: 'device-calls', code: 'proxy-unreachable' },
    ],
  });
  assert.equal((await ask('/readyz?parts=reads')).status, 200);
  for (const [parts, status, code] of [
    ['device-calls', 503, 'proxy-unreachable'],
    ['reads,writes', 503, 'store-read-only'],
    ['dials', 501, 'not-supported'],
    ['', 400, 'bad-request'],
    ['reads,everything', 400, 'bad-request'],
  ] as const) {
    const unready = await ask(`/readyz?parts=${parts}`);
    const problem = (await unready.json()) as { code: string };
    assert.deepEqual([unready.status, problem.code], [status, code], parts);
  }
});

test('attack 68, O3: connections beyond 64 are closed, and served again when there is room', async (t) => {
  const { ops } = await start(t);
  const open = Array.from({ length: 64 }, () => connect(ops.port, '127.0.0.1'));
  await Promise.all(open.map((socket) => once(socket, 'connect')));
  const more = connect(ops.port, '127.0.0.1');
  more.on('error', () => {});
  await once(more, 'close');
  const [first] = open;
  assert.ok(first !== undefined);
  first.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  const [bytes] = (await once(first, 'data')) as [Buffer];
  assert.match(bytes.toString(), /^HTTP\/1\.1 200 OK\r\n/);
  for (const socket of open) socket.destroy();
});

test('O3: a head beyond 8 KiB is refused', async (t) => {
  const { ask } = await start(t);
  assert.equal((await ask('/healthz', { headers: { 'x-long': 'x'.repeat(9000) } })).status, 431);
});

test('O3: an address that is taken is one sentence, as with the other listeners', async (t) => {
  const { ops } = await start(t);
  const readiness = new Readiness(REST_DUTIES, () => Promise.resolve({}));
  const options = { readiness, exposition: expose(new Metrics(), []), requests: silentRequests() };
  const taken = new OpsListener({ address: { ...ADDRESS, port: ops.port }, ...options }).start();
  await assert.rejects(taken, {
    code: 'ERR_LISTEN',
    message: /^cannot listen on 127\.0\.0\.1:\d+: it is taken/,
  });
});
