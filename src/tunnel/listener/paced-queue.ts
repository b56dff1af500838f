// A paced queue does the work of many items little by little.
import { Fifo } from '../../collections/fifo.js';

/** How long paced work may take in one turn of the event loop, in ms. */
export const TURN_MS = 1;

/**
 * Works on items in their order, {@link TURN_MS} in a turn of the event loop, so that others have their turns in between. The queue
 * has no bound of its own: its users bound how many items they add.
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

  /** Works on all items that wait, now. */
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
