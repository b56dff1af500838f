// The benchmark latency measures calls that arrive at a fixed rate.
import { type Benchmark, missingAll } from './benchmark.js';
import { openLoop } from './load/generators.js';
import { seedStack } from './relay/peers.js';
import { UP, upByToken } from './relay/product.js';
import { writeCalls } from './relay/relay.js';
import { withStands } from './relay/stand.js';
import { NO_WRK, wrk, wrkIsAvailable } from './relay/wrk.js';
import { spread } from './stats.js';
import { takeTurns } from './turns.js';

const TUNNELS = 100;
const SIZES = {
  small: { shares: [0.5, 0.8], rounds: 2, seconds: 1.5, peakRounds: 1 },
  full: { shares: [0.2, 0.5, 0.8], rounds: 5, seconds: 6.5, peakRounds: 5 },
};
/** The load that finds the peer's peak. */
const PEAK = { callers: 64, seconds: 1 };

/** Measures the latency of calls that arrive at a fixed rate, which is a share of the peer's peak. */
export const latency: Benchmark = {
  name: 'latency',
  async run(size, log) {
    if (!(await wrkIsAvailable())) return missingAll(NO_WRK);
    const { shares, rounds, seconds, peakRounds } = SIZES[size];
    const of = { title: `${TUNNELS} tunnels`, devices: TUNNELS, size, log };
    const outcome = await withStands([upByToken, seedStack], of, async (stands, out) => {
      const ready = [];
      const peaks: number[] = [];
      for (const { subject, relay } of stands) {
        const file = await writeCalls(relay, { method: 'GET', target: '/hello', devices: TUNNELS });
        ready.push({ subject, relay, file });
        // The first round warms up. The product gets the same load, so that it is as warm.
        for (let round = 0; round <= peakRounds; round++) {
          const { callsPerSecond } = await wrk(relay, file, PEAK);
          if (round > 0 && subject === seedStack.subject) peaks.push(callsPerSecond);
        }
      }
      if (peaks.length === 0) {
        out.drop('all', of.title, 'without the peer there is no peak to take shares of');
        return [];
      }
      const peak = spread(peaks).median;
      log(`the peak of ${seedStack.subject} is ${Math.round(peak)}/s`);
      const figures = [];
      for (const share of shares) {
        const rate = Math.round(peak * share);
        const title = `${share * 100} % of the peer's peak: ${rate}/s`;
        log(title);
        const turns = takeTurns(ready, { title, rounds, size, out }, async ({ relay, file }) => {
          const { p50, p99, p999 } = await openLoop(relay, file, { rate, seconds });
          return [
            { metric: 'median latency', unit: 'ms', better: 'lower', value: p50 },
            { metric: 'p99 latency', unit: 'ms', better: 'lower', value: p99 },
            { metric: 'p99.9 latency', unit: 'ms', better: 'lower', value: p999 },
          ] as const;
        });
        figures.push(...(await turns));
      }
      return figures;
    });
    return { product: UP, ...outcome };
  },
};
