// `Clock` is time as the actor runtime sees it; `systemClock` reads the thread's own.

/** The time of the actor runtime; it is injected, so that tests control it. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Runs `run` once after `delayMs`; never for Infinity. Returns a function that cancels this and may be called at any time. */
  after(delayMs: number, run: () => void): () => void;
}

/** Node runs a timer with a longer delay at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * The thread's clock. It reads the time once per callback of the event loop: while a batch is read, `now` does not move. (It
 * forgets the time in a microtask, which costs a tenth of a `setImmediate`: that would make the loop turn once more.)
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
 * Runs `run` in a microtask. Node's `queueMicrotask` makes an asynchronous resource for each call, which was a tenth of the
 * garbage of a forwarded call. An error in `run` is an unhandled rejection.
 */
export function inMicrotask(run: () => void): void {
  void settled.then(run);
}
