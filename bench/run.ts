import { parseArgs } from 'node:util';
import { api } from './api.js';
import { type Benchmark, missingAll, type Outcome, type Size } from './benchmark.js';
import { churn } from './churn.js';
import { fairness } from './fairness.js';
import { forwardBulk } from './forward-bulk.js';
import { forwardSmall } from './forward-small.js';
import { growth } from './growth.js';
import { idle } from './idle.js';
import { latency } from './latency.js';
import { mailbox } from './mailbox.js';
import { writeReport } from './report.js';
import { describeSetting, writeResults } from './results.js';
import { storm } from './storm.js';
import { table } from './table.js';
import { yamux } from './yamux.js';

const benchmarks: readonly Benchmark[] = [
  forwardSmall,
  forwardBulk,
  latency,
  fairness,
  idle,
  storm,
  growth,
  churn,
  api,
  yamux,
  mailbox,
];

/**
 * `node dist/bench/run.js [NAME…] [--full]`: runs the benchmarks, prints tables, keeps every sample; the full run of all of
 * them is written into README.md. `--report FILE`: writes an earlier one there.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { full: { type: 'boolean', default: false }, report: { type: 'string' } },
  });
  if (values.report !== undefined) return writeReport(values.report);
  const size: Size = values.full ? 'full' : 'small';
  const selected = chosen(positionals);
  const setting = await describeSetting(size);
  const outcomes: Record<string, Outcome> = {};
  let file = '';
  for (const benchmark of selected) {
    process.stderr.write(`${benchmark.name} (${size})\n`);
    const running = benchmark.run(size, (line) => process.stderr.write(`  ${line}\n`));
    // The others are worth having, and this one is named as not measured.
    const outcome = await running.catch((error) => missingAll(String(error)));
    outcomes[benchmark.name] = outcome;
    process.stdout.write(`## ${benchmark.name}\n\n${table(outcome)}\n\n`);
    file = await writeResults(setting, outcomes);
  }
  process.stderr.write(`${file}\n`);
  if (size === 'full' && selected.length === benchmarks.length) await writeReport(file);
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
