// This program is `npm run bench`.
import path from 'node:path';
import { root } from '../test/scripts/root.js';
import { accessLog } from './access-log.js';
import { api } from './api.js';
import { parseArguments, USAGE, UsageError } from './arguments.js';
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
  accessLog,
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
const NAMES = benchmarks.map(({ name }) => name);

/**
 * `node dist/bench/run.js …`: runs benchmarks, prints their tables, and keeps every sample; the full run of all of them is
 * written into RESULTS.md. Exits with 2 if the command line is wrong, with 1 if a benchmark has no figure at all.
 */
async function main(): Promise<void> {
  const asked = parseArguments(process.argv.slice(2), NAMES);
  switch (asked.what) {
    case 'help':
      process.stdout.write(`${USAGE}\n\nNAME is one of ${NAMES.join(', ')}.\n`);
      return;
    case 'report':
      return writeReport(path.resolve(asked.file), NAMES);
    case 'run':
      return run(
        benchmarks.filter(({ name }) => asked.names.includes(name)),
        asked.size,
      );
  }
}

async function run(selected: readonly Benchmark[], size: Size): Promise<void> {
  const setting = await describeSetting(size);
  if (setting.machine.loadBefore > 1)
    process.stderr.write('the machine is busy: wait, or trust no absolute figure\n');
  const outcomes: Record<string, Outcome> = {};
  let file = '';
  for (const benchmark of selected) {
    process.stderr.write(`${benchmark.name} (${size})\n`);
    const running = benchmark.run(size, (line) => process.stderr.write(`  ${line}\n`));
    // The other benchmarks go on, and this one is reported as not measured.
    const outcome = await running.catch((error) => missingAll(String(error)));
    if (outcome.figures.length === 0) process.exitCode = 1;
    outcomes[benchmark.name] = outcome;
    file = await writeResults(setting, outcomes);
    process.stdout.write(`## ${benchmark.name}\n\n${table(outcome)}\n\n`);
  }
  process.stderr.write(`${path.relative(root, file)}\n`);
  if (size === 'full' && selected.length === benchmarks.length) await writeReport(file, NAMES);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}\n`);
  process.exitCode = 2;
}
