import { Fifo } from '../../collections/fifo.js';

/** What work that many need at once may take of a turn of the event loop, in ms. */
export const TURN_MS = 1;

/**
 * Does work that many need at once, in their order, and lets others have their turn in between. It holds what it is given: who
 * gives bounds it.
 */
export class PacedQueue<Item> {
  readonly #work: (item: Item) => void;
  readonly #now: () => number;
  readonly #waiting = new Fifo<Item>();
  #isScheduled = false;

  /** @param work must not throw @param now milliseconds of a monotonic clock */
  constructor(work: (item: Item) => void, now: () => number = () => performance.now()) {
    this.#work = work;
    this.#now = now;
  }

  add(item: Item): void {
    this.#waiting.push(item);
    this.#schedule();
  }

  /** Does all that waits, now. */
  finish(): void {
    for (let item = this.#waiting.shift(); item !== undefined; item = this.#waiting.shift()) this.#work(item);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isScheduled = false;
    const turnEnds = this.#now() + TURN_MS;
    while (this.#now() < turnEnds) {
      const item = this.#waiting.shift();
      if (item === undefined) return;
      this.#work(item);
    }
    if (this.#waiting.length > 0) this.#schedule();
  };
}
