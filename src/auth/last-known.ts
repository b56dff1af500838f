// LastKnown keeps the last answer of another party in use until there is a newer one (docs/adr/0025).
import { type Backoff, backoffMs } from '../actors/supervision/spec.js';

/** How {@link LastKnown} asks the other party, and what it reports. */
export interface LastKnownOptions<T> {
  /** Asks the other party. */
  readonly ask: () => Promise<T>;
  /** The age, in ms, from which an answer is asked for again before its next use. */
  readonly maxAgeMs: number;
  /** Is called after each failure. @param retryMs how long the other party is not asked again */
  readonly failed: (error: unknown, retryMs: number) => void;
  /** Is called when the other party answers again after failures. */
  readonly answersAgain: () => void;
  /** Milliseconds of a clock that never steps back. */
  readonly now?: (() => number) | undefined;
}

/** How long the other party is not asked after failures in a row. */
const RETRY: Backoff = { minMs: 500, maxMs: 10_000 };

/**
 * The last answer of another party. The party is asked when the answer is first needed, and again when the answer is old or was
 * found wrong: one question at a time, and none for a while after a failure. Until then the last answer stays in use.
 */
export class LastKnown<T> {
  readonly #options: LastKnownOptions<T>;
  readonly #now: () => number;
  #known: { readonly value: T; readonly askedAt: number } | undefined;
  #asking: Promise<T> | undefined;
  #failures = 0;
  #failed: { readonly error: unknown; readonly until: number } | undefined;

  constructor(options: LastKnownOptions<T>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The last answer. If there is none yet, the party is asked for it; if that fails, this rejects as `ask` does. */
  get(): Promise<T> {
    const known = this.#known;
    if (known === undefined) return this.#ask();
    if (this.#now() - known.askedAt < this.#options.maxAgeMs) return Promise.resolve(known.value);
    const { value } = known;
    // A caller does not wait for a party that failed last time.
    const isWaitedFor = this.#failed === undefined;
    const asked = this.#ask().catch(() => value);
    return isWaitedFor ? asked : Promise.resolve(value);
  }

  /**
   * Gets a new answer, because the last one was found wrong. Rejects if there is none.
   * @param minAgeMs an answer younger than this, in ms, is returned as it is: this bounds how often clients can make us ask
   */
  refreshed(minAgeMs: number): Promise<T> {
    const known = this.#known;
    if (known !== undefined && this.#now() - known.askedAt < minAgeMs) return Promise.resolve(known.value);
    return this.#ask();
  }

  #ask(): Promise<T> {
    if (this.#failed !== undefined && this.#now() < this.#failed.until) {
      return Promise.reject(this.#failed.error);
    }
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askOnce(): Promise<T> {
    const { ask, failed, answersAgain } = this.#options;
    const askedAt = this.#now();
    try {
      const value = await ask();
      this.#known = { value, askedAt };
      if (this.#failures > 0) answersAgain();
      this.#failures = 0;
      this.#failed = undefined;
      return value;
    } catch (error) {
      this.#failures += 1;
      const retryMs = Math.round(backoffMs(RETRY, this.#failures, Math.random()));
      this.#failed = { error, until: this.#now() + retryMs };
      failed(error, retryMs);
      throw error;
    }
  }
}
