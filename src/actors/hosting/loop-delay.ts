// `LoopDelay` measures how late this thread's event loop runs its timers.
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** Milliseconds between two measurements, each of which wakes even an idle thread. */
const RESOLUTION_MS = 100;

/** How late this thread's event loop runs its timers. */
export class LoopDelay {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#histogram.enable();
  }

  /** Mean and maximum delay since the last call, in seconds. The histogram counts its own period as delay, which is taken off here. */
  take(): { readonly mean: number; readonly max: number } {
    const { mean, max, count } = this.#histogram;
    this.#histogram.reset();
    return count === 0 ? { mean: 0, max: 0 } : { mean: lateness(mean), max: lateness(max) };
  }

  close(): void {
    this.#histogram.disable();
  }
}

function lateness(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
}
