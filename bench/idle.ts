// The benchmark idle measures the memory, CPU and traffic of tunnels on which nothing is called.
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Benchmark,
  mergeOutcomes,
  type Outcome,
  Samples,
  type Size,
  withoutMissing,
} from './benchmark.js';
import { seedStack } from './relay/peers.js';
import { collectGarbage, cpuMicros, residentBytes } from './relay/proc.js';
import { preloaded, UP, upByToken } from './relay/product.js';
import type { Relay } from './relay/relay.js';
import { CONNECT_MS, type Stand, startFleet, withStands } from './relay/stand.js';

/** The number of tunnels before memory is first measured: the cost of the first tunnels is mostly code, not theirs. */
const BASE = 10;
const DAY_S = 86_400;
/** How long the arrival of a fleet and a garbage collection may take to end, in ms. */
const SETTLE_MS = 1500;
/** `seconds` are those in which keepalives and CPU are measured: the periods of both ends' keepalives divide it. */
const SIZES = {
  small: { tunnels: [1_000], rounds: 1, seconds: 30 },
  full: { tunnels: [1_000, 10_000], rounds: 3, seconds: 60 },
};

/** Measures tunnels on which nothing is called. */
export const idle: Benchmark = {
  name: 'idle',
  async run(size, log) {
    const outcomes: Outcome[] = [];
    const { tunnels, rounds } = SIZES[size];
    const samples = new Samples();
    for (const count of tunnels) {
      for (let round = 0; round < rounds; round++) outcomes.push(await measure(count, size, log, samples));
    }
    const { missing } = mergeOutcomes(outcomes);
    return { product: UP, figures: withoutMissing(samples.figures, missing), missing };
  },
};

/** Measures all relays at once, from their start: each needs both cores for a moment only. */
function measure(count: number, size: Size, log: (line: string) => void, samples: Samples): Promise<Outcome> {
  const title = `${count.toLocaleString('en-US')} tunnels`;
  const options = {
    title,
    devices: BASE + count,
    connected: BASE,
    env: preloaded('collect-garbage'),
    size,
    log,
  };
  return withStands([upByToken, seedStack], options, async (stands, out) => {
    const idling = stands.map((stand) => idleOf(stand, count, SIZES[size].seconds));
    for (const [i, idled] of (await Promise.allSettled(idling)).entries()) {
      const subject = stands[i]?.subject ?? '';
      if (idled.status === 'rejected') {
        out.drop(subject, title, idled.reason);
        continue;
      }
      const { memory, cpu, keepalive } = idled.value;
      const of = { case: title, subject, better: 'lower' } as const;
      samples.add({ ...of, metric: 'memory per tunnel', unit: 'KiB' }, memory / 1024);
      samples.add({ ...of, metric: 'CPU per minute', unit: 'ms' }, cpu / 1000);
      samples.add({ ...of, metric: 'keepalive per tunnel and day', unit: 'KiB' }, keepalive / 1024);
    }
    return [];
  });
}

async function idleOf(
  { relay }: Stand,
  count: number,
  seconds: number,
): Promise<{ memory: number; cpu: number; keepalive: number }> {
  const before = await settledBytes(relay);
  const fleet = await startFleet(relay, { from: BASE, upTo: BASE + count });
  try {
    await fleet.connected(CONNECT_MS);
    const memory = ((await settledBytes(relay)) - before) / count;
    const [cpu, bytes] = [await cpuMicros(relay.pid), await traffic(fleet)];
    await delay(seconds * 1000);
    return {
      memory,
      cpu: (((await cpuMicros(relay.pid)) - cpu) * 60) / seconds,
      keepalive: (((await traffic(fleet)) - bytes) * DAY_S) / seconds / count,
    };
  } finally {
    await fleet.stop();
  }
}

/** The resident memory after everything has settled and the garbage is collected. */
async function settledBytes({ pid }: Relay): Promise<number> {
  for (let times = 0; times < 2; times++) {
    await delay(SETTLE_MS);
    await collectGarbage(pid);
  }
  await delay(SETTLE_MS);
  return residentBytes(pid);
}

/** The bytes in both directions so far. */
async function traffic(fleet: Awaited<ReturnType<typeof startFleet>>): Promise<number> {
  const { received = 0, sent = 0 } = await fleet.ask('traffic');
  return received + sent;
}
