// The benchmark mailbox measures messages between two threads.
import { type Benchmark, Samples } from './benchmark.js';
import { openEnd } from './mailbox/ends.js';
import { Pair } from './mailbox/pair.js';

const MESSAGES = [
  { name: '100 B', bytes: 100 },
  { name: '1 KiB', bytes: 1 << 10 },
  { name: '16 KiB', bytes: 16 << 10 },
];
const SIZES = {
  small: { inFlight: [1, 64], rounds: 2, ms: 250 },
  full: { inFlight: [1, 16, 64, 256], rounds: 7, ms: 500 },
};

/** Measures messages a second between two threads, by size and by the number under way at once. */
export const mailbox: Benchmark = {
  name: 'mailbox',
  async run(size, log) {
    const pairs = Object.keys(openEnd).map((subject) => new Pair(subject));
    const samples = new Samples();
    try {
      for (const { name, bytes } of MESSAGES) {
        const message = new Uint8Array(bytes);
        for (const inFlight of SIZES[size].inFlight) {
          log(`${name}, ${inFlight} in flight`);
          await measure(pairs, message, inFlight, SIZES[size], `${name}, ${inFlight} in flight`, samples);
        }
      }
      return { figures: samples.figures, missing: [] };
    } finally {
      await Promise.all(pairs.map((pair) => pair.stop()));
    }
  },
};

/** Measures all pairs in turns; the first round warms up and is not counted. */
async function measure(
  pairs: readonly Pair[],
  message: Uint8Array,
  inFlight: number,
  { rounds, ms }: { rounds: number; ms: number },
  what: string,
  samples: Samples,
): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    for (const pair of pairs) {
      const { perSecond, cpuPerMessage } = await pair.round(message, inFlight, ms);
      if (round === 0) continue;
      const of = { case: what, subject: pair.subject };
      samples.add({ ...of, metric: 'messages', unit: '1/s', better: 'higher' }, perSecond);
      samples.add({ ...of, metric: 'CPU per message', unit: 'µs', better: 'lower' }, cpuPerMessage);
    }
  }
}
