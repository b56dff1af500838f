import { cpus } from 'node:os';
import { pathToFileURL } from 'node:url';
import { own, ownDuplex } from './yamux-own.js';
import { libp2p, yamuxJs } from './yamux-peers.js';
import { BATCH, type Subject } from './yamux-subject.js';

const SUBJECTS: readonly Subject[] = [own, ownDuplex, yamuxJs, libp2p];
const MIB = 1 << 20;

/** One measured thing: `run` does `amount` units of work. */
interface Case {
  readonly name: string;
  readonly unit: string;
  readonly amount: number;
  run(subject: Subject): Promise<void>;
}

const STREAMS = 200 * BATCH;
const VOLUME = 256 * MIB;

const CASES: readonly Case[] = [
  {
    name: 'open, 1 byte, close',
    unit: 'streams/s',
    amount: STREAMS,
    run: (subject) => subject.churn(STREAMS),
  },
  {
    name: '64 KiB writes, 1 stream',
    unit: 'MiB/s',
    amount: VOLUME / MIB,
    run: (subject) => subject.bulk(1, VOLUME),
  },
  {
    name: '64 KiB writes, 64 streams',
    unit: 'MiB/s',
    amount: VOLUME / MIB,
    run: (subject) => subject.bulk(64, VOLUME),
  },
];

/** All samples of one subject in one case, in units a second. */
export interface YamuxResult {
  readonly case: string;
  readonly subject: string;
  readonly unit: string;
  readonly samples: number[];
  readonly median: number;
}

/**
 * Frames and streams a second in memory, both ends on one thread, no sockets. Subjects take turns within each case, so
 * that a slow spell of the machine hits all; the first round warms up and is not counted.
 */
export async function benchYamux(rounds: number): Promise<YamuxResult[]> {
  const results: YamuxResult[] = [];
  for (const each of CASES) {
    const samples = new Map<Subject, number[]>(SUBJECTS.map((subject) => [subject, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const [subject, list] of samples) {
        const rate = await measure(each, subject);
        if (round > 0) list.push(rate);
      }
    }
    for (const [subject, list] of samples) {
      results.push({
        case: each.name,
        subject: subject.name,
        unit: each.unit,
        samples: list,
        median: median(list),
      });
    }
  }
  return results;
}

async function measure(each: Case, subject: Subject): Promise<number> {
  const start = performance.now();
  await each.run(subject);
  return (each.amount * 1000) / (performance.now() - start);
}

function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function table(results: readonly YamuxResult[]): string {
  const lines = results.map((result) => {
    const base = results.find((other) => other.case === result.case)?.median ?? Number.NaN;
    const rates = [result.median, Math.min(...result.samples), Math.max(...result.samples)].map(Math.round);
    return `| ${result.case} | ${result.subject} | ${rates[0]} (${rates[1]}–${rates[2]}) ${result.unit} | ${(base / result.median).toFixed(2)} |`;
  });
  return ['| case | subject | median (min–max) | ours is × |', '|---|---|---|---|', ...lines].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const results = await benchYamux(Number(process.argv[2] ?? 5));
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  process.stdout.write(`${JSON.stringify({ bench: 'yamux', machine, results })}\n\n${table(results)}\n`);
}
