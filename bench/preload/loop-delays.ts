// This program is loaded before the product, and measures how late its event loops are.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread, threadId } from 'node:worker_threads';
import { atSignal } from './every-thread.js';

/**
 * Loaded into a process of the product before its own code (NODE_OPTIONS): the first SIGUSR2 begins to measure by how much a
 * timer is late in each of its threads, the second makes each thread write the percentiles, in ms. Each thread has a file in the
 * folder that BENCH_LOOP_DELAYS names: empty while the thread measures.
 */
const folder = process.env.BENCH_LOOP_DELAYS;
/** The timer's own period, in ms, which is subtracted. */
const RESOLUTION = 1;

if (folder !== undefined) {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
  const at = (percentile: number) => Math.max(0, delays.percentile(percentile) / 1e6 - RESOLUTION);
  const file = `${folder}/${isMainThread ? 'main' : threadId}`;
  let measuring = false;
  atSignal('loop delays', () => {
    measuring = !measuring;
    if (measuring) {
      delays.reset();
      delays.enable();
      return writeFileSync(file, '');
    }
    delays.disable();
    writeFileSync(
      file,
      JSON.stringify([50, 90, 99, 99.9, 100].map((percentile) => [percentile, at(percentile)])),
    );
  });
}
