/** How long an answer of the store is believed, in ms: what was taken away is out of reach within this time. */
const BELIEVED_MS = 1000;

/** Answers that are remembered; beyond it the oldest is forgotten. */
const MAX_REMEMBERED = 10_000;

interface Answer<T> {
  readonly found: Promise<T>;
  readonly askedAt: number;
}

/**
 * A short memory before the store, so that what is asked with every request costs it one question a second. What was
 * not found (undefined or false) is not remembered: guesses push nothing out.
 */
export class Believed<T> {
  readonly #now: () => number;
  readonly #max: number;
  /** Oldest first, as every answer is believed for the same time. */
  readonly #answers = new Map<string, Answer<T>>();

  /** @param now milliseconds of a clock that never steps back */
  constructor(now: () => number = () => performance.now(), max: number = MAX_REMEMBERED) {
    this.#now = now;
    this.#max = max;
  }

  /** Answers under way and remembered. */
  get size(): number {
    return this.#answers.size;
  }

  /** An answer that is believed, or under way. */
  get(key: string): Promise<T> | undefined {
    const known = this.#answers.get(key);
    return known !== undefined && this.#now() - known.askedAt < BELIEVED_MS ? known.found : undefined;
  }

  /** Believes what was asked just now; an answer that rejects is forgotten. */
  believe(key: string, found: Promise<T>): Promise<T> {
    this.#answers.delete(key);
    this.#makeRoom();
    const answer = { found, askedAt: this.#now() };
    this.#answers.set(key, answer);
    const forget = () => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    };
    found.then((value) => value || forget(), forget);
    return found;
  }

  forget(key: string): void {
    this.#answers.delete(key);
  }

  forgetAll(): void {
    this.#answers.clear();
  }

  #makeRoom(): void {
    const [oldest] = this.#answers.keys();
    if (this.#answers.size >= this.#max && oldest !== undefined) this.#answers.delete(oldest);
  }
}
