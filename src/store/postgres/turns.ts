// Turns lets callers take turns at something scarce, in the order in which they ask.
import { StoreError } from '../ports/errors.js';

interface Waiting {
  readonly begin: () => void;
  readonly refuse: (error: StoreError) => void;
}

/**
 * Turns at something scarce, such as connections. The caller that has waited longest has the next turn, and waits for a bounded
 * time. The number of turns at once may be narrowed for a while, and grows back one by one.
 */
export class Turns {
  readonly #max: number;
  readonly #what: string;
  readonly #growMs: number;
  readonly #waiting = new Set<Waiting>();
  #most: number;
  #taken = 0;
  #growing: NodeJS.Timeout | undefined;

  /**
   * @param what names the scarce things, in the error of a caller that waited too long
   * @param growMs how long after the number was narrowed, or grew, it grows by one
   */
  constructor(max: number, what: string, growMs: number) {
    this.#max = max;
    this.#most = max;
    this.#what = what;
    this.#growMs = growMs;
  }

  /** How many callers wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves when the caller has its turn, which the caller must give back. Rejects with ERR_STORE_BUSY after `patienceMs`. */
  take(patienceMs: number): Promise<void> {
    if (this.#taken < this.#most && this.#waiting.size === 0) {
      this.#taken += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const stopWaiting = () => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        begin: () => {
          stopWaiting();
          resolve();
        },
        refuse: (error) => {
          stopWaiting();
          reject(error);
        },
      };
      const timer = setTimeout(
        () => waiting.refuse(new StoreError('ERR_STORE_BUSY', `${this.#what} are all in use`)),
        patienceMs,
      );
      this.#waiting.add(waiting);
    });
  }

  /** Gives a turn back. */
  give(): void {
    this.#taken -= 1;
    this.#next();
  }

  /** Narrows the turns at once to `most`, but at least to one, for a while. */
  narrow(most: number): void {
    this.#most = Math.min(this.#most, Math.max(1, most));
    if (this.#most < this.#max) this.#growLater();
  }

  /** Refuses every caller that waits. */
  refuseAll(error: StoreError): void {
    for (const waiting of [...this.#waiting]) waiting.refuse(error);
  }

  #next(): void {
    for (const waiting of this.#waiting) {
      if (this.#taken >= this.#most) return;
      this.#taken += 1;
      waiting.begin();
    }
  }

  #growLater(): void {
    this.#growing ??= setTimeout(() => {
      this.#growing = undefined;
      this.#most += 1;
      this.#next();
      if (this.#most < this.#max) this.#growLater();
    }, this.#growMs).unref();
  }
}
