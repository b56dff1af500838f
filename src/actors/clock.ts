import { inMicrotask } from './microtask.js';

/** Time as the runtime sees it; injected, so that tests own it. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Runs `run` once after `delayMs`; never for Infinity. Returns the cancel, which may be called at any time. */
  after(delayMs: number, run: () => void): () => void;
}

/** Node runs timers beyond this at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * The thread's clock. Reads the time once per callback of the event loop: while a batch is read, `now` does not move.
 * (Forgetting it in a microtask costs a tenth of what a `setImmediate` does, which makes the loop turn once more.)
 */
class SystemClock implements Clock {
  #now: number | undefined;
  readonly #forget = () => {
    this.#now = undefined;
  };

  now(): number {
    if (this.#now === undefined) {
      this.#now = performance.now();
      inMicrotask(this.#forget);
    }
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    if (delayMs === Infinity) return () => {};
    const timer = setTimeout(run, Math.min(delayMs, LONGEST_MS));
    return () => clearTimeout(timer);
  }
}

export const systemClock: Clock = new SystemClock();
