// The benchmark yamux measures multiplexers alone, in memory.
import { type Benchmark, type Missing, type Outcome, Samples } from './benchmark.js';
import { openHashicorp } from './yamux/hashicorp.js';
import { libp2p, yamuxJs } from './yamux/npm-peers.js';
import { own, ownDuplex } from './yamux/own.js';
import { BATCH, type Subject } from './yamux/subject.js';

const MIB = 1 << 20;
const STREAMS = 200 * BATCH;
const VOLUME = 256 * MIB;
/** The least time of a round, in ms. */
const ROUND_MS = 300;
const ROUNDS = { small: 2, full: 7 };

/** One measured thing: `run` does `amount` units of work. */
interface Case {
  readonly name: string;
  readonly metric: string;
  readonly unit: string;
  readonly amount: number;
  run(subject: Subject): Promise<void>;
}

const CASES: readonly Case[] = [
  {
    name: 'open, 1 byte, close',
    metric: 'streams',
    unit: '1/s',
    amount: STREAMS,
    run: (subject) => subject.churn(STREAMS),
  },
  {
    name: '64 KiB writes, 1 stream',
    metric: 'volume',
    unit: 'MiB/s',
    amount: VOLUME / MIB,
    run: (subject) => subject.bulk(1, VOLUME),
  },
  {
    name: '64 KiB writes, 64 streams',
    metric: 'volume',
    unit: 'MiB/s',
    amount: VOLUME / MIB,
    run: (subject) => subject.bulk(64, VOLUME),
  },
];

/** Measures streams and bytes a second in memory, with both ends in one process and no sockets. */
export const yamux: Benchmark = {
  name: 'yamux',
  async run(size, log) {
    const subjects: Subject[] = [own, ownDuplex, yamuxJs, libp2p];
    const missing: Missing[] = [];
    const hashicorp = await openHashicorp();
    if ('reason' in hashicorp) missing.push(hashicorp);
    else subjects.push(hashicorp);
    try {
      return { figures: await measureAll(subjects, ROUNDS[size], log), missing };
    } finally {
      if ('stop' in hashicorp) await hashicorp.stop();
    }
  },
};

/** Measures each case in turns; the first round warms up and is not counted. */
async function measureAll(
  subjects: readonly Subject[],
  rounds: number,
  log: (line: string) => void,
): Promise<Outcome['figures']> {
  const samples = new Samples();
  for (const each of CASES) {
    log(each.name);
    for (let round = 0; round <= rounds; round++) {
      for (const subject of subjects) {
        const rate = await measure(each, subject);
        const { name, metric, unit } = each;
        if (round > 0)
          samples.add({ case: name, metric, unit, better: 'higher', subject: subject.name }, rate);
      }
    }
  }
  return samples.figures;
}

/** Repeats a case until it has run long enough for the machine's hiccups not to matter. @returns units a second */
async function measure(each: Case, subject: Subject): Promise<number> {
  const start = performance.now();
  let amount = 0;
  let ms = 0;
  while (ms < ROUND_MS) {
    await each.run(subject);
    amount += each.amount;
    ms = performance.now() - start;
  }
  return (amount * 1000) / ms;
}
