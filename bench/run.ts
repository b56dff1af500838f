import { parseArgs } from 'node:util';
import { api } from './api.js';
import type { Benchmark, Size } from './benchmark.js';
import { churn } from './churn.js';
import { forwardBulk } from './forward-bulk.js';
import { forwardSmall } from './forward-small.js';
import { growth } from './growth.js';
import { idle } from './idle.js';
import { latency } from './latency.js';
import { mailbox } from './mailbox.js';
import { describeSetting, writeResults } from './results.js';
import { storm } from './storm.js';
import { table } from './table.js';
import { yamux } from './yamux.js';

const benchmarks: readonly Benchmark[] = [
  forwardSmall,
  forwardBulk,
  latency,
  idle,
  storm,
  growth,
  churn,
  api,
  yamux,
  mailbox,
];

/** `node dist/bench/run.js [NAME…] [--full]`: runs the benchmarks, prints tables, keeps every sample. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { full: { type: 'boolean', default: false } },
  });
  const size: Size = values.full ? 'full' : 'small';
  const selected = chosen(positionals);
  const setting = await describeSetting(size);
  const outcomes: Record<string, Awaited<ReturnType<Benchmark['run']>>> = {};
  for (const benchmark of selected) {
    process.stderr.write(`${benchmark.name} (${size})\n`);
    const outcome = await benchmark.run(size, (line) => process.stderr.write(`  ${line}\n`));
    outcomes[benchmark.name] = outcome;
    process.stdout.write(`${table(benchmark.name, outcome)}\n\n`);
  }
  process.stderr.write(`${await writeResults(setting, outcomes)}\n`);
}

function chosen(names: readonly string[]): readonly Benchmark[] {
  for (const name of names) {
    if (!benchmarks.some((benchmark) => benchmark.name === name)) {
      throw new Error(`no benchmark ${name}; there are ${benchmarks.map((each) => each.name).join(', ')}`);
    }
  }
  return benchmarks.filter((benchmark) => names.length === 0 || names.includes(benchmark.name));
}

await main();
