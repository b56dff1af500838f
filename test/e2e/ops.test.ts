import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { VERSION } from '../../src/version.js';
import { parseExposition, seriesValue } from '../observability/parse-exposition.js';
import { withTempDir } from '../store/temp-dir.js';
import { ApiProcess, apiEnvironment } from './kit/api-process.js';
import { type Program, runToEnd } from './kit/program.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { exchange, RestProcess } from './kit/rest-process.js';

/** The operations listener of a process, as its ready line names it. */
async function opsOf(program: Program): Promise<(path: string) => Promise<Response>> {
  const { ops } = await program.line('ready');
  return (path) => fetch(new URL(path, String(ops)));
}

async function familiesOf(program: Program): Promise<ReadonlySet<string>> {
  const answer = await (await opsOf(program))('/metrics');
  assert.equal(answer.status, 200);
  return new Set(parseExposition(await answer.text()).keys());
}

const REST_ONLY = ['visiona_sign_ins_total', 'visiona_refreshes_total', 'visiona_pairings_total'];
const TUNNELS_ONLY = ['visiona_sessions', 'visiona_dials_total', 'visiona_host_restarts_total'];
const EVERYWHERE = ['visiona_build_info', 'visiona_calls_total', 'visiona_store_errors_total'];

test('O3: each process has its metrics, health and readiness on a listener of its own, named in the ready line', async (t) => {
  const proxy = await ProxyProcess.start({ hosts: 1 });
  t.after(() => proxy.stop());
  const api = await ApiProcess.start(apiEnvironment(proxy));
  t.after(() => api.program.stop());
  const up = await RestProcess.start('up');
  t.after(() => up.close());
  for (const [program, there, missing] of [
    [proxy.program, TUNNELS_ONLY, REST_ONLY],
    [api.program, REST_ONLY, TUNNELS_ONLY],
    [up.program, [...REST_ONLY, ...TUNNELS_ONLY], []],
  ] as const) {
    const ask = await opsOf(program);
    assert.equal((await ask('/healthz')).status, 200);
    let ready = await ask('/readyz');
    while (ready.status !== 200) ready = await ask('/readyz');
    assert.equal((await ask('/internal/metrics')).status, 404);
    const families = await familiesOf(program);
    for (const family of [...EVERYWHERE, ...there]) assert.ok(families.has(family), family);
    for (const family of missing) assert.ok(!families.has(family), family);
  }
});

test('O3: what people, programs and devices try is counted where they are served', async (t) => {
  const up = await RestProcess.start('up');
  t.after(() => up.close());
  const alice = await up.signIn('alice');
  await alice.pair();
  assert.equal((await exchange(up, 'ABCDE-FGHJK')).status, 400);
  assert.equal((await fetch(up.url('/api/auth/callback?state=x&code=y'))).status, 400);
  for (const token of ['nonsense', 'x'.repeat(9000)]) {
    const answer = await fetch(up.url('/api/devices'), { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 401);
  }
  for (let i = 0; i < 31; i++) await exchange(up, 'ABCDE-FGHJK');
  const page = parseExposition(await (await (await opsOf(up.program))('/metrics')).text());
  const value = (series: string) => seriesValue(page, series) ?? Number.NaN;
  assert.equal(value('visiona_sign_ins_total{result="signed-in"}'), 1);
  assert.equal(value('visiona_sign_ins_total{result="unknown"}'), 1);
  assert.equal(value('visiona_pairings_total{result="made"}'), 1);
  assert.ok(value('visiona_pairings_total{result="refused"}') > 1);
  assert.equal(value('visiona_bearer_tokens_refused_total{reason="malformed"}'), 1);
  assert.equal(value('visiona_bearer_tokens_refused_total{reason="too-long"}'), 1);
  assert.ok(value('visiona_rate_limit_refusals_total{limit="pairing-address"}') > 0);
  assert.ok(value('visiona_problems_total{code="pairing-refused"}') > 1);
  assert.ok(value('visiona_store_call_duration_seconds_count{kind="write"}') > 3);
  assert.ok(value('visiona_store_call_duration_seconds_count{kind="read"}') > 0);
  assert.equal(
    value(`visiona_build_info{version="${VERSION}",node="${process.versions.node}",uws="3.0.6"}`),
    1,
  );
});

for (const command of ['up', 'remote-proxy', 'api-server']) {
  test(`O3: ${command} says in one sentence that the port of its operations listener is taken`, (t) =>
    withTempDir(async (dataDir) => {
      const other = createServer().listen(0, '127.0.0.1');
      t.after(() => other.close());
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      const { code, stderr } = await runToEnd([command], {
        VISIONA_DATA_DIR: dataDir,
        VISIONA_API_ADDR: '127.0.0.1:0',
        VISIONA_TUNNEL_ADDR: '127.0.0.1:0',
        VISIONA_INTERNAL_ADDR: '127.0.0.1:0',
        VISIONA_DEV_OP_ADDR: '127.0.0.1:0',
        VISIONA_HOSTS: '1',
        VISIONA_OPS_ADDR: `127.0.0.1:${port}`,
      });
      assert.equal(code, 1);
      assert.match(
        stderr,
        new RegExp(`^visiona: cannot listen on 127\\.0\\.0\\.1:${port}: [^\n]+; VISIONA_OPS_ADDR sets it\n$`),
      );
    }));
}
