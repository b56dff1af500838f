// `runQueue` gives a turn to each actor of this thread that has messages.
import { inMicrotask } from '../clock.js';
import { DRAIN_BUDGET, DRAIN_PER_ACTOR } from '../limits.js';

/** An actor's cell, as the run queue sees it. */
export interface Runnable {
  /** Handles up to `budget` messages. Returns how many it handled, and asks to run again by itself if some are left. */
  drain(budget: number): number;
}

/**
 * The actors of this thread that have messages, in the order they got them. They run in one microtask, in turns;
 * after {@link DRAIN_BUDGET} messages the event loop gets its turn, so that actors which keep each other busy
 * cannot starve timers and sockets.
 */
class RunQueue {
  readonly #ready: Runnable[] = [];
  #scheduled = false;
  readonly #run = () => {
    let budget = DRAIN_BUDGET;
    let next = 0;
    for (let runnable = this.#ready[next]; runnable !== undefined; runnable = this.#ready[next]) {
      if (budget <= 0) {
        this.#ready.splice(0, next);
        setImmediate(this.#run);
        return;
      }
      next += 1;
      budget -= Math.max(1, runnable.drain(DRAIN_PER_ACTOR));
    }
    this.#ready.length = 0;
    this.#scheduled = false;
  };

  add(runnable: Runnable): void {
    this.#ready.push(runnable);
    if (this.#scheduled) return;
    this.#scheduled = true;
    inMicrotask(this.#run);
  }
}

/** The run queue of this thread. */
export const runQueue = new RunQueue();
