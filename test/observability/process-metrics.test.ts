import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { exposeProcess } from '../../src/observability/process-metrics.js';
import { parseExposition } from './parse-exposition.js';

function exposed() {
  const registry = new Registry();
  exposeProcess(registry);
  const value = async (name: string) =>
    parseExposition(await registry.metrics())
      .get(name)
      ?.samples.at(0)?.value ?? Number.NaN;
  return { registry, value };
}

test("all of prom-client's standard set is there, and nothing else", async () => {
  const standard = new Registry();
  collectDefaultMetrics({ register: standard });
  const names = (registry: Registry) => registry.getMetricsAsArray().map(({ name }) => name);
  assert.deepEqual(names(exposed().registry).sort(), names(standard).sort());
});

test('open files are counted at each scrape', async (t) => {
  const { value } = exposed();
  const before = await value('process_open_fds');
  const files = await Promise.all(Array.from({ length: 50 }, () => open(import.meta.filename)));
  t.after(() => Promise.all(files.map((file) => file.close())));
  assert.ok((await value('process_open_fds')) >= before + 45);
});

test('how late the event loop was is told once, by the next scrape', async () => {
  const { value } = exposed();
  const max = 'nodejs_eventloop_lag_max_seconds';
  assert.equal(await value(max), 0, 'nothing has been seen yet');
  let lag = 0;
  while (lag === 0) {
    // From the second look after a scrape on the loop's lag is known.
    for (let looks = 0; looks < 3; looks++) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
      await nextTurn();
    }
    lag = await value(max);
  }
  assert.equal(await value(max), 0);
});
