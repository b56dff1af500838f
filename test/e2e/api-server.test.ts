import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { ROUTES } from '../http/routes.js';
import { ApiProcess, apiEnvironment, startRestartableProxy } from './kit/api-process.js';
import { runToEnd } from './kit/program.js';
import type { ProxyProcess } from './kit/proxy-process.js';

let proxy: ProxyProcess;

before(async () => {
  proxy = await startRestartableProxy();
});
after(() => proxy.stop());

test('it is ready while remote-proxy is, and says in its log what changed', async () => {
  const api = await ApiProcess.start(apiEnvironment(proxy));
  assert.deepEqual(await api.until('ready'), { status: 200, is: 'ready' });
  await api.program.line('the tunnel proxy is ready');

  let from = api.program.logged;
  await proxy.program.kill();
  assert.deepEqual(await api.until('proxy-unreachable'), { status: 503, is: 'proxy-unreachable' });
  assert.equal((await api.fetch('/api/health')).status, 200);
  // O4: the page and the sign-in work, so that a balancer is to go on.
  const degraded = await api.fetch('/api/ready');
  assert.equal(degraded.status, 200);
  assert.deepEqual(await degraded.json(), {
    status: 'degraded',
    works: ['reads', 'writes'],
    missing: [{ part: 'device-calls', code: 'proxy-unreachable' }],
  });
  assert.equal((await api.program.line('the tunnel proxy cannot be reached', from)).level, 'warn');

  from = api.program.logged;
  await proxy.restart();
  assert.deepEqual(await api.until('ready'), { status: 200, is: 'ready' });
  await api.program.line('the tunnel proxy is ready', from);

  await api.program.stop();
  assert.ok(!api.program.output.includes(proxy.secret));
});

test('it starts without remote-proxy, and calls to devices are unready', async () => {
  const api = await ApiProcess.start({ ...apiEnvironment(proxy), VISIONA_PROXY_URL: 'http://127.0.0.1:1' });
  assert.deepEqual(await api.ready(), { status: 503, is: 'proxy-unreachable' });
  await api.program.line('the tunnel proxy cannot be reached');
  await api.program.stop();
});

test('another internal secret is said clearly', async () => {
  const secret = 'another-secret-of-more-than-32-bytes';
  const api = await ApiProcess.start({ ...apiEnvironment(proxy), INTERNAL_SECRET: secret });
  assert.deepEqual(await api.ready(), { status: 502, is: 'proxy-refused' });
  const said = await api.program.line(
    'the tunnel proxy refused the internal secret: give api-server and remote-proxy the same INTERNAL_SECRET',
  );
  assert.equal(said.level, 'error');
  await api.program.stop();
  assert.ok(!api.program.output.includes(secret));
});

test('every route but the public ones answers 401 to a stranger', async () => {
  const api = await ApiProcess.start(apiEnvironment(proxy));
  let asked = 0;
  for (const { path, access, methods } of ROUTES) {
    if (access === 'public') continue;
    const example = path.replace(/\{\w+…?\}/g, 'x');
    for (const method of methods === 'ANY' ? ['GET', 'POST', 'DELETE'] : methods) {
      for (const headers of [{}, { authorization: `Bearer ${proxy.secret}` }]) {
        const answer = await api.fetch(example, { method, headers, redirect: 'manual' });
        assert.equal(answer.status, 401, `${method} ${example}`);
        asked += 1;
      }
    }
  }
  assert.ok(asked > 10);
  await api.program.stop();
});

test('a port that is taken is one sentence and exit code 1', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const env = { ...apiEnvironment(proxy), VISIONA_API_ADDR: `127.0.0.1:${port}`, LOG_LEVEL: 'silent' };
  const { code, stdout, stderr } = await runToEnd(['api-server'], env);
  taken.close();
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, new RegExp(`^visiona: cannot listen on 127\\.0\\.0\\.1:${port}: [^\n]+\n$`));
});
