/** What work that many need at once may take of a turn of the event loop, in ms. */
export const TURN_MS = 1;

/**
 * Does work that many need at once, in their order, and lets others have their turn in between. It holds what it is given: who
 * gives bounds it.
 */
export class PacedQueue<Item> {
  readonly #work: (item: Item) => void;
  readonly #now: () => number;
  #waiting: Item[] = [];
  /** Of those, how many are done. */
  #done = 0;

  /** @param work must not throw @param now milliseconds of a monotonic clock */
  constructor(work: (item: Item) => void, now: () => number = () => performance.now()) {
    this.#work = work;
    this.#now = now;
  }

  add(item: Item): void {
    this.#waiting.push(item);
    if (this.#waiting.length === 1) setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const turnEnds = this.#now() + TURN_MS;
    while (this.#now() < turnEnds) {
      const item = this.#waiting[this.#done];
      if (item === undefined) break;
      this.#done += 1;
      this.#work(item);
    }
    if (this.#done < this.#waiting.length) {
      setImmediate(this.#turn);
      return;
    }
    this.#waiting = [];
    this.#done = 0;
  };
}
