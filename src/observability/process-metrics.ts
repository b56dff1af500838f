// This file exposes metrics of the process itself: its versions, prom-client's standard set, its event loop, its open files.
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { VERSION } from '../version.js';
import { gauge } from './families.js';

/** How often the event loop's lag is sampled, in ms: each sample wakes an idle process. */
const LOOK_EVERY_MS = 100;

/**
 * The interval of prom-client's own sampling, in ms: sampling cannot be turned off, and this makes it one sample in twelve days.
 */
const NEVER_MS = 2 ** 30;

const OPEN_FILES = 'process_open_fds';

/** The metrics of the event loop's lag, by their names in prom-client's set. */
const LAG: Readonly<Record<string, (lag: IntervalHistogram) => number>> = {
  min: (lag) => lag.min,
  max: (lag) => lag.max,
  mean: (lag) => lag.mean,
  stddev: (lag) => lag.stddev,
  p50: (lag) => lag.percentile(50),
  p90: (lag) => lag.percentile(90),
  p99: (lag) => lag.percentile(99),
};

/**
 * Exposes prom-client's standard metrics of the process and its main thread; expensive measurements are replaced by cheaper ones.
 */
export function exposeProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  exposeLag(registry);
  exposeOpenFiles(registry);
}

/** Exposes the event loop's lag since the last scrape. */
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
        // A scrape reads p99 last.
        if (name === 'p99') histogram.reset();
      },
    });
  }
}

/** Counts open files without blocking: prom-client's own way stops the main thread for 10 ms and more with ten thousand tunnels. */
function exposeOpenFiles(registry: Registry): void {
  // prom-client has this metric on Linux only.
  if (registry.getSingleMetric(OPEN_FILES) === undefined) return;
  registry.removeSingleMetric(OPEN_FILES);
  new Gauge({
    name: OPEN_FILES,
    help: 'Number of open file descriptors.',
    registers: [registry],
    async collect() {
      // If no descriptor is left to read the folder with, the last count stays, and the other metrics are still exposed.
      const open = await readdir('/proc/self/fd').catch(() => undefined);
      // The descriptor that was opened to read the folder is not counted.
      if (open !== undefined) this.set(open.length - 1);
    },
  });
}

/** Exposes the versions of the product, Node.js and uWebSockets.js, as labels of a gauge that is always 1. */
export function exposeBuild(registry: Registry): void {
  const { version: uws } = createRequire(import.meta.url)('uWebSockets.js/package.json') as {
    version: string;
  };
  const labels = { version: VERSION, node: process.versions.node, uws };
  gauge(
    registry,
    'visiona_build_info',
    'What runs here: the versions of visionA-backend, Node.js and uWebSockets.js. Always 1.',
    ['version', 'node', 'uws'],
    () => [[labels, 1]],
  );
}
