import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded into a process of the product before its own code (NODE_OPTIONS): the first SIGUSR2 begins to measure by how much
 * a timer of the main thread is late, the second writes the percentiles, in ms, to the file that BENCH_LOOP_DELAYS names.
 */
const file = process.env.BENCH_LOOP_DELAYS;
/** In ms: the timer's own time, which is taken off. */
const RESOLUTION = 1;

if (isMainThread && file !== undefined) {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
  let measuring = false;
  process.on('SIGUSR2', () => {
    measuring = !measuring;
    if (measuring) return delays.enable();
    delays.disable();
    const at = (percentile: number) => Math.max(0, delays.percentile(percentile) / 1e6 - RESOLUTION);
    const percentiles = [50, 90, 99, 99.9, 100].map((percentile) => [percentile, at(percentile)]);
    writeFileSync(file, JSON.stringify(percentiles));
  });
}
