// `loopDelays` measures how late the product's event loops are with many tunnels.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SWEEP_INTERVAL_MS } from '../../src/tunnel/registry/sweeper.js';
import type { Outcome, Size } from '../benchmark.js';
import { OpenLoop } from '../load/generators.js';
import { preloaded, upByToken } from '../relay/product.js';
import { type Relay, writeRequests } from '../relay/relay.js';
import { withStands } from '../relay/stand.js';
import { type Measured, takeTurns } from '../turns.js';

/** The number of pages a second of the largest size that are read while event-loop delays are measured. */
const LISTS_PER_SECOND = 20;
const PAGE = '/api/devices?limit=200';
/** How long measuring goes on after the last sweep, in ms. */
const BEYOND_MS = 2000;
/** How long a thread may take to write its measurements, in ms, and how often the benchmark looks for them. */
const WRITE_MS = 5000;
const LOOK_MS = 20;
/** The small size only lists devices and waits for no sweep, to save time. */
const SIZES = {
  small: { rounds: 1, seconds: 6 },
  full: { rounds: 3, seconds: (2 * SWEEP_INTERVAL_MS + BEYOND_MS) / 1000 },
};

/** Each percentile, with how late a timer was at it, in ms. */
type Delays = readonly (readonly [percentile: number, ms: number])[];

/** Measures by how much event loops of the main process are late while devices are listed and expired sessions are looked for. */
export async function loopDelays(devices: number, size: Size, log: (line: string) => void): Promise<Outcome> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'visiona-bench-loop-delays-'));
  const env = { ...preloaded('loop-delays'), BENCH_LOOP_DELAYS: folder };
  const title = `pages of 200 of ${devices.toLocaleString('en-US')} devices, ${LISTS_PER_SECOND}/s${size === 'full' ? ', and cleanupExpired' : ''}`;
  const { rounds, seconds } = SIZES[size];
  try {
    return await withStands([upByToken], { title, devices, env, size, log }, (stands, out) => {
      log(`${title}, for ${rounds} × ${seconds} s`);
      return takeTurns(stands, { title, rounds, size, out }, async ({ relay }) => {
        await whileListing(relay, relay.credentials, seconds);
        return measuredOf(await delaysIn(folder));
      });
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function whileListing(
  relay: Relay,
  credentials: Record<string, string>,
  seconds: number,
): Promise<void> {
  const pages = await writeRequests(relay, credentials, [`GET ${PAGE}`]);
  process.kill(relay.pid, 'SIGUSR2');
  const lists = await new OpenLoop(relay, pages, { rate: LISTS_PER_SECOND, seconds }).outcome();
  process.kill(relay.pid, 'SIGUSR2');
  const { answered, unanswered, failed } = lists;
  if (answered === 0 || unanswered > 0 || failed.length > 0)
    throw new Error(`only ${answered} lists went well`);
}

/** The delays that each thread wrote, by its name. */
async function delaysIn(folder: string): Promise<Map<string, Delays>> {
  const until = performance.now() + WRITE_MS;
  const delays = new Map<string, Delays>();
  for (const name of await readdir(folder)) {
    for (;;) {
      const text = await readFile(path.join(folder, name), 'utf8');
      // The file is empty until its thread writes it, in one go.
      if (text !== '') {
        delays.set(name, JSON.parse(text));
        break;
      }
      if (performance.now() > until) throw new Error(`thread ${name} did not say how late it was`);
      await delay(LOOK_MS);
    }
  }
  return delays;
}

/** The delays of the main thread, and the worst of all other threads. */
function measuredOf(delays: Map<string, Delays>): Measured[] {
  const { main = [], ...others } = Object.fromEntries(delays);
  return main.flatMap(([percentile, ms], i) => {
    const of = percentile === 100 ? 'the longest' : `p${percentile}`;
    const worst = Math.max(...Object.values(others).map((other) => other[i]?.[1] ?? 0));
    const metric = `event-loop delay, ${of}`;
    return [
      { metric, unit: 'ms', better: 'lower', value: ms },
      { metric: `${metric}, of other threads`, unit: 'ms', better: 'lower', value: worst },
    ];
  });
}
