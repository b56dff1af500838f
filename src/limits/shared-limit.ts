import type { AttemptCount, AttemptPort } from '../store/ports/attempts.js';
import { StoreError } from '../store/ports/errors.js';
import { type Allowance, AttemptLimit } from './attempt-limit.js';

/** How often the store is asked in a minute, for all keys: a flood from many addresses is none of writes. */
const ASKED: Allowance = { points: 3_000, windowSeconds: 60 };

/** One try. */
export interface Attempt {
  /** Seconds for which it is refused; 0: it is not. */
  readonly waitSeconds: number;
  /** It was no guess: it is not counted. Does not fail. */
  giveBack(): Promise<void>;
}

/**
 * Limits tries that guess at something, for all processes of the same data together. The memory of this process stands before
 * the store: what is over its allowance here, or over what the store may be asked in a minute, is not asked there. While the
 * store is away the memory alone counts.
 */
export class SharedLimit {
  readonly #name: string;
  readonly #allowance: Allowance;
  readonly #store: AttemptPort;
  readonly #own: AttemptLimit;
  readonly #asked = new AttemptLimit(ASKED);

  /** @param name tells its keys in the store from those of others */
  constructor(name: string, allowance: Allowance, store: AttemptPort) {
    this.#name = name;
    this.#allowance = allowance;
    this.#store = store;
    this.#own = new AttemptLimit(allowance);
  }

  /** Counts one for a key. Any number at one time are counted as one after the other. */
  async attempt(key: string): Promise<Attempt> {
    const here = await this.#own.take(key);
    if (here > 0) return { waitSeconds: here, giveBack: async () => {} };
    const all = await this.#count(key);
    const waitSeconds = all === undefined ? 0 : this.#over(all);
    // What the store has refused it is not asked for again.
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

  /** Undefined: nobody counts it but this process. */
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
      // It counts until its window is over.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  #keyOf(key: string): string {
    return `${this.#name} ${key}`;
  }
}
