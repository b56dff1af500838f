// `writeReport` writes a run into RESULTS.md, with its plots.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../test/scripts/root.js';
import type { Outcome } from './benchmark.js';
import { plot } from './plot.js';
import { type Results, readResults } from './results.js';
import { table } from './table.js';

const RESULTS = path.join(root, 'bench', 'RESULTS.md');
const PLOTS = path.join(root, 'bench', 'plots');
const BEGIN = '<!-- Written by `npm run bench -- --full`: -->';
const END = '<!-- end -->';

/** The figures of each benchmark that are drawn; its table has the rest. */
const DRAWN: Readonly<Record<string, readonly string[]>> = {
  'forward-small': ['relay CPU per call', 'calls'],
  'forward-bulk': ['volume', 'relay CPU per GiB', 'p99 latency, beside'],
  latency: ['p99 latency'],
  idle: ['memory per tunnel', 'CPU per minute'],
  storm: ['until all are in', 'p99 latency of their calls'],
  growth: ['relay CPU per call', 'event-loop delay, the longest'],
  yamux: ['streams', 'volume'],
  mailbox: ['messages', 'CPU per message'],
};

/**
 * Writes a run into RESULTS.md, between its two comments, and its plots into `plots/`.
 * @param file the file of the run, which must have all of `benchmarks`
 * @throws UsageError
 */
export async function writeReport(file: string, benchmarks: readonly string[]): Promise<void> {
  const results = await readResults(file, benchmarks);
  const before = await readFile(RESULTS, 'utf8');
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${RESULTS} has no place between ${BEGIN} and ${END}`);
  await mkdir(PLOTS, { recursive: true });
  for (const old of await readdir(PLOTS)) await rm(path.join(PLOTS, old));
  const parts = [setting(path.relative(root, file), results)];
  for (const [name, outcome] of Object.entries(results.benchmarks)) parts.push(await section(name, outcome));
  const written = [BEGIN, ...parts, END].join('\n\n');
  await writeFile(RESULTS, before.slice(0, begin) + written + before.slice(end + END.length));
}

function setting(file: string, { machine, versions, size, seconds, commit }: Results): string {
  const { cpu, cores, memoryMiB, kernel, loadBefore } = machine;
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `\`${file}\`: size ${size}, ${Math.round(seconds / 60)} minutes, commit \`${commit}\`, on ${cores} cores of`,
    `${cpu}, ${memoryMiB} MiB, ${kernel}; the load average before was ${loadBefore.toFixed(2)}. ${used.join(', ')}.`,
  ].join('\n');
}

async function section(name: string, outcome: Outcome): Promise<string> {
  const images: string[] = [];
  for (const metric of DRAWN[name] ?? []) {
    const figures = outcome.figures.filter((figure) => figure.metric === metric);
    if (figures.length === 0) continue;
    const image = `${name}-${metric.replaceAll(/\W+/g, '-').toLowerCase()}.svg`;
    const title = `${name}: ${metric}`;
    await writeFile(path.join(PLOTS, image), `${await plot(title, figures)}\n`);
    images.push(`![${title}](plots/${image})`);
  }
  const details = `<details><summary>${name}: all figures</summary>\n\n${table(outcome)}\n\n</details>`;
  return [`### ${name}: figures`, ...images, details].join('\n\n');
}
