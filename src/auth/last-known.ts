import { type Backoff, backoffMs } from '../actors/supervision/spec.js';

export interface LastKnownOptions<T> {
  /** Asks the other party. */
  readonly ask: () => Promise<T>;
  /** An answer of this age, in ms, is asked for anew before its next use. */
  readonly maxAgeMs: number;
  /** Told of each failure. @param retryMs it is not asked again before then, in ms */
  readonly failed: (error: unknown, retryMs: number) => void;
  /** Told when it answers again after failures. */
  readonly answersAgain: () => void;
  /** Milliseconds of a clock that never steps back. */
  readonly now?: (() => number) | undefined;
}

/** How long it is left alone after failures in a row. */
const RETRY: Backoff = { minMs: 500, maxMs: 10_000 };

/**
 * What another party said last. It is asked when that is first needed, and again when that is old or was found wrong: one
 * question at a time, and none for a while after a failure. What is known stays in use until there is better.
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

  /** What is known; asked for if nothing is, and then it rejects as `ask` does. */
  get(): Promise<T> {
    const known = this.#known;
    if (known === undefined) return this.#ask();
    if (this.#now() - known.askedAt < this.#options.maxAgeMs) return Promise.resolve(known.value);
    const { value } = known;
    // Who failed last time is not waited for.
    const isWaitedFor = this.#failed === undefined;
    const asked = this.#ask().catch(() => value);
    return isWaitedFor ? asked : Promise.resolve(value);
  }

  /**
   * What is said now, where what is known was found wrong; what is known if it is younger than `minAgeMs`. Rejects if there
   * is no answer.
   * @param minAgeMs bounds how often others can have us ask, in ms
   */
  renewed(minAgeMs: number): Promise<T> {
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
