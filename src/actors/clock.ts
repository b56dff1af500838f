// `Clock` is time as the actor runtime sees it; `systemClock` reads the thread's own.

/** Time as the runtime sees it; injected, so that tests own it. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Runs `run` once after `delayMs`; never for Infinity. Returns the cancel, which may be called at any time. */
  after(delayMs: number, run: () => void): () => void;
}

/** Node runs a timer with a longer delay at once. */
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

/** The clock of this thread. */
export const systemClock: Clock = new SystemClock();

const settled = Promise.resolve();

/**
 * Runs `run` in a microtask. `queueMicrotask` of Node does so inside an asynchronous resource that it makes each time,
 * which was a tenth of all that a forwarded call left to the garbage collector. An error in `run` is an unhandled rejection.
 */
export function inMicrotask(run: () => void): void {
  void settled.then(run);
}
