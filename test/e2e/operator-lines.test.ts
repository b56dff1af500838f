import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseExposition, seriesValue } from '../observability/parse-exposition.js';
import { ApiProcess, apiEnvironment } from './kit/api-process.js';
import { ask, open, response } from './kit/internal-client.js';
import type { Program } from './kit/program.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { exchange, RestProcess } from './kit/rest-process.js';

const TOKEN = 'dGhpcyBpcyBhIHNlc3Npb24gdG9rZW4gb2YgNDMgY2g';

async function startProxy(t: TestContext): Promise<ProxyProcess> {
  const proxy = await ProxyProcess.start({ hosts: 1, env: { LOG_LEVEL: 'debug' } });
  t.after(() => proxy.stop());
  return proxy;
}

/** Asks a process's operations listener. */
async function askOps(program: Program, path: string, requestId: string): Promise<Response> {
  const { ops } = await program.line('ready');
  return fetch(new URL(path, String(ops)), { headers: { 'x-request-id': requestId } });
}

test('O1: a request that the internal listener refuses has who and why in its line, and never a token', async (t) => {
  const proxy = await startProxy(t);
  for (const [requestId, authorization, reason] of [
    ['wrong', 'Bearer not-the-secret', 'the internal secret is wrong'],
    ['none', undefined, 'no internal secret'],
  ] as const) {
    for (const path of ['/internal/ready', '/internal/forward/ws?token=x&target=/']) {
      const call = open(proxy, path, { headers: { 'X-Request-Id': `${requestId}${path.length}` } });
      if (authorization === undefined) call.removeHeader('Authorization');
      else call.setHeader('Authorization', authorization);
      call.end();
      (await response(call)).resume();
      const line = await proxy.program.lineWith({ requestId: `${requestId}${path.length}` });
      assert.deepEqual(
        [line.msg, line.code, line.path, line.remoteAddr, line.reason],
        ['a request was refused', 'unauthorized', path.split('?')[0], '127.0.0.1', reason],
      );
    }
  }
  for (const [requestId, path, shown] of [
    ['unknown', `/internal/unknown?token=${TOKEN}`, '/internal/unknown'],
    ['slash', `/internal/session/${TOKEN}/`, '/internal/session/…/'],
    ['known', `/internal/session/${TOKEN}/close`, '/internal/session/:token/close'],
    ['call', `/internal/forward/http?token=${TOKEN}`, '/internal/forward/http'],
  ] as const) {
    const method = requestId === 'call' ? 'POST' : 'GET';
    await ask(proxy, path, { method, headers: { 'X-Request-Id': requestId } });
    const line = await proxy.program.lineWith({ requestId });
    assert.deepEqual([line.path, line.remoteAddr], [shown, '127.0.0.1'], requestId);
  }
  assert.ok(!proxy.program.output.includes(TOKEN));
});

test('O1: what does not match is named in the line of a request, and its value is not', async (t) => {
  const up = await RestProcess.start('up');
  t.after(() => up.close());
  const body = JSON.stringify({ token: 'x', device: { name: 7, model: 'm', 'not-known': 'hidden' } });
  const headers = { 'content-type': 'application/json', 'x-request-id': 'body' };
  const answer = await fetch(up.url('/api/pairing/exchange'), { method: 'POST', headers, body });
  assert.equal(answer.status, 400);
  const { errors } = (await answer.json()) as { errors: { path: string; message: string }[] };
  const { code, reason } = await up.program.lineWith({ requestId: 'body' });
  assert.deepEqual([code, reason], ['validation', `${errors[0]?.path} ${errors[0]?.message}`]);
  assert.match(String(reason), /^\/device\/name /);
  await fetch(up.url('/api/ready?parts=nonsense'), { headers: { 'x-request-id': 'query' } });
  assert.match(String((await up.program.lineWith({ requestId: 'query' })).reason), /^parts parts: names/);
  const refused = await exchange(up, 'ABCDE-FGHJK');
  const { requestId } = (await refused.json()) as { requestId: string };
  assert.match(String((await up.program.lineWith({ requestId })).reason), /used up, expired or revoked/);
  assert.doesNotMatch(up.program.output, /hidden|FGHJK/);
});

test('O4: a readiness that is asked for is no request that failed, wherever it is asked', async (t) => {
  const proxy = await startProxy(t);
  const env = { ...apiEnvironment(proxy), VISIONA_PROXY_URL: 'http://127.0.0.1:1', LOG_LEVEL: 'debug' };
  const api = await ApiProcess.start(env);
  t.after(() => api.program.stop());
  const headers = { 'x-request-id': 'rest' };
  assert.equal((await api.fetch('/api/ready?parts=device-calls', { headers })).status, 503);
  assert.equal((await askOps(api.program, '/readyz?parts=device-calls', 'ops')).status, 503);
  for (const requestId of ['rest', 'ops']) {
    const { level, msg, code, reason } = await api.program.lineWith({ requestId });
    assert.deepEqual([level, msg, code], ['debug', 'not ready', 'proxy-unreachable']);
    assert.match(String(reason), /missing: device-calls \(proxy-unreachable\); works: reads, writes/);
  }
  const foreign = 'this process has no part reads; missing: nothing; works: device-calls, dials';
  let answer = await askOps(proxy.program, '/readyz', 'first');
  while (answer.status !== 200) answer = await askOps(proxy.program, '/readyz', 'again');
  answer = await askOps(proxy.program, '/readyz?parts=reads', 'ops');
  assert.deepEqual([answer.status, ((await answer.json()) as { detail: string }).detail], [501, foreign]);
  const asked = { headers: { 'X-Request-Id': 'internal' } };
  assert.equal((await ask(proxy, '/internal/ready?parts=reads', asked)).status, 501);
  for (const requestId of ['ops', 'internal']) {
    const { level, msg, reason } = await proxy.program.lineWith({ requestId });
    assert.deepEqual([level, msg, reason], ['debug', 'not ready', foreign]);
  }
  assert.equal((await askOps(proxy.program, '/readyz?parts=nonsense', 'bad')).status, 400);
  assert.match(String((await proxy.program.lineWith({ requestId: 'bad' })).reason), /^parts: names/);
  for (const [program, code] of [
    [api.program, 'proxy-unreachable'],
    [proxy.program, 'not-supported'],
  ] as const) {
    const page = parseExposition(await (await askOps(program, '/metrics', 'metrics')).text());
    assert.equal(seriesValue(page, `visiona_problems_total{code="${code}"}`), 0);
    assert.doesNotMatch(program.output, /a request failed/);
  }
});

test('O2: the line of a sign-in says whose the user id is', async (t) => {
  const up = await RestProcess.start('up');
  t.after(() => up.close());
  const alice = await up.signIn('alice');
  const { userId } = await alice.me();
  const { sub, issuer } = await up.program.lineWith({ msg: 'a user signed in', userId });
  assert.equal(sub, 'alice');
  assert.match(String(issuer), /^http:\/\/127\.0\.0\.1:\d+$/);
});
