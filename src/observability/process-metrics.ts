import { readdir } from 'node:fs/promises';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/** How often the event loop is looked at, in ms: each look wakes a process that has nothing else to do. */
const LOOK_EVERY_MS = 100;

/** prom-client has its own look, a hundred times a second, which cannot be left out; this is in twelve days. */
const NEVER_MS = 2 ** 30;

const OPEN_FILES = 'process_open_fds';

/** What is told of the event loop's lag, under the names of prom-client's set. */
const LAG: Readonly<Record<string, (lag: IntervalHistogram) => number>> = {
  min: (lag) => lag.min,
  max: (lag) => lag.max,
  mean: (lag) => lag.mean,
  stddev: (lag) => lag.stddev,
  p50: (lag) => lag.percentile(50),
  p90: (lag) => lag.percentile(90),
  p99: (lag) => lag.percentile(99),
};

/** Exposes prom-client's standard set about the process and its main thread. What in it is too dear is measured otherwise. */
export function exposeProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  exposeLag(registry);
  exposeOpenFiles(registry);
}

/** Since the last scrape. */
function exposeLag(registry: Registry): void {
  const histogram = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  histogram.enable();
  for (const [name, read] of Object.entries(LAG)) {
    const family = `nodejs_eventloop_lag_${name}_seconds`;
    registry.removeSingleMetric(family);
    new Gauge({
      name: family,
      help: `Event loop lag since the last scrape, ${name}.`,
      registers: [registry],
      collect() {
        const period = name === 'stddev' ? 0 : LOOK_EVERY_MS / 1000;
        this.set(histogram.count === 0 ? 0 : Math.max(0, read(histogram) / 1e9 - period));
        // The last of them to be read.
        if (name === 'p99') histogram.reset();
      },
    });
  }
}

/** Not in one go on the main thread, which would stand still for 10 ms and more with ten thousand tunnels. */
function exposeOpenFiles(registry: Registry): void {
  // It is in the set on Linux only.
  if (registry.getSingleMetric(OPEN_FILES) === undefined) return;
  registry.removeSingleMetric(OPEN_FILES);
  new Gauge({
    name: OPEN_FILES,
    help: 'Number of open file descriptors.',
    registers: [registry],
    async collect() {
      // Where none is left to read it with, the others are still worth having, and so is the last count.
      const open = await readdir('/proc/self/fd').catch(() => undefined);
      // Without the one that reading took.
      if (open !== undefined) this.set(open.length - 1);
    },
  });
}
