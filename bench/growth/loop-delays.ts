import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SWEEP_INTERVAL_MS } from '../../src/tunnel/session/sweeper.js';
import type { Outcome, Size } from '../benchmark.js';
import { Samples } from '../benchmark.js';
import { OpenLoop } from '../load/generators.js';
import { preloaded, upByToken } from '../relay/product.js';
import { writeRequests } from '../relay/relay.js';
import { withStands } from '../relay/stand.js';

/** Pages a second of the largest size, while event-loop delays are measured. */
const LISTS_PER_SECOND = 20;
const PAGE = '/api/devices?limit=200';
/** Beyond the last sweep that is waited for, in ms. */
const BEYOND_MS = 2000;
/** Until a signal has had its effect, in ms. */
const SIGNAL_MS = 500;
/** In the small size devices are only listed, for the sake of time. */
const SECONDS = { small: 6, full: (4 * SWEEP_INTERVAL_MS + BEYOND_MS) / 1000 };

/** By how much the main thread's event loop is late while devices are listed and expired sessions are looked for. */
export function loopDelays(devices: number, size: Size, log: (line: string) => void): Promise<Outcome> {
  const file = path.join(os.tmpdir(), `visiona-bench-${process.pid}-loop-delays.json`);
  const env = { ...preloaded('loop-delays'), BENCH_LOOP_DELAYS: file };
  const title = `pages of 200 of ${devices.toLocaleString('en-US')} devices, ${LISTS_PER_SECOND}/s${size === 'full' ? ', and cleanupExpired' : ''}`;
  return withStands([upByToken], { title, devices, env, size, log }, async (stands, out) => {
    const samples = new Samples();
    for (const { subject, relay } of stands) {
      const pages = await writeRequests(relay, relay.credentials, [`GET ${PAGE}`]);
      const seconds = SECONDS[size];
      log(`${title}, for ${seconds} s`);
      process.kill(relay.pid, 'SIGUSR2');
      const { answered, unanswered, failed } = await new OpenLoop(relay, pages, {
        rate: LISTS_PER_SECOND,
        seconds,
      }).outcome();
      if (answered === 0 || unanswered > 0 || failed.length > 0) {
        out.drop(subject, title, `${answered} lists went well, not all`);
        continue;
      }
      process.kill(relay.pid, 'SIGUSR2');
      await delay(SIGNAL_MS);
      const percentiles: [number, number][] = JSON.parse(await readFile(file, 'utf8'));
      for (const [percentile, ms] of percentiles) {
        const of = percentile === 100 ? 'the longest' : `p${percentile}`;
        samples.add(
          { case: `${title}: ${of}`, metric: 'event-loop delay', unit: 'ms', better: 'lower', subject },
          ms,
        );
      }
    }
    return samples.figures;
  });
}
