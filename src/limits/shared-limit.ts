// SharedLimit limits guesses at secrets, counted by all processes of the same data together.
import type { AttemptCount, AttemptPort } from '../store/ports/attempts.js';
import { StoreError } from '../store/ports/errors.js';
import { type Allowance, AttemptLimit } from './attempt-limit.js';

/** The attempts that the store is asked about in a minute, for all keys: a flood from many addresses must not flood the store. */
const ASKED: Allowance = { points: 3_000, windowSeconds: 60 };

/** One counted attempt. */
export interface Attempt {
  /** The seconds for which the attempt is refused; 0: it is not refused. */
  readonly waitSeconds: number;
  /** Takes the attempt back, as it was no guess. Never rejects. */
  giveBack(): Promise<void>;
}

/**
 * Limits attempts by key, counted in the memory of this process and then in the store for all processes. An attempt over its
 * allowance here, or over the number that the store may be asked about in a minute, does not reach the store. While the store is
 * away the memory alone counts.
 */
export class SharedLimit {
  readonly #name: string;
  readonly #allowance: Allowance;
  readonly #store: AttemptPort;
  readonly #own: AttemptLimit;
  readonly #asked = new AttemptLimit(ASKED);

  /** @param name separates the keys of this limit in the store from those of other limits */
  constructor(name: string, allowance: Allowance, store: AttemptPort) {
    this.#name = name;
    this.#allowance = allowance;
    this.#store = store;
    this.#own = new AttemptLimit(allowance);
  }

  /** Counts one attempt of a key. Simultaneous attempts count like attempts one after the other. */
  async attempt(key: string): Promise<Attempt> {
    const here = await this.#own.take(key);
    if (here > 0) return { waitSeconds: here, giveBack: async () => {} };
    const all = await this.#count(key);
    const waitSeconds = all === undefined ? 0 : this.#over(all);
    // A key that the store refuses is refused here from now on, without asking the store again.
    if (waitSeconds > 0) await this.#own.block(key, waitSeconds);
    return {
      waitSeconds,
      giveBack: async () => {
        await this.#own.giveBack(key);
        if (all !== undefined) await this.#forgive(key);
      },
    };
  }

  #over({ count, leftMs }: AttemptCount): number {
    return count > this.#allowance.points ? Math.max(1, Math.ceil(leftMs / 1000)) : 0;
  }

  /** Counts the attempt in the store. Undefined: the store was not asked or did not answer, and this process alone counts. */
  async #count(key: string): Promise<AttemptCount | undefined> {
    if ((await this.#asked.take('')) > 0) return undefined;
    try {
      return await this.#store.countAttempt(this.#keyOf(key), this.#allowance.windowSeconds * 1000);
    } catch (error) {
      if (error instanceof StoreError) return undefined;
      throw error;
    }
  }

  async #forgive(key: string): Promise<void> {
    try {
      await this.#store.forgiveAttempt(this.#keyOf(key));
    } catch (error) {
      // The attempt stays counted until its window is over.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  #keyOf(key: string): string {
    return `${this.#name} ${key}`;
  }
}
