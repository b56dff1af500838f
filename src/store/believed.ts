import { BoundedMap } from './bounded-map.js';

/** How long an answer of the store is believed, in ms: what was taken away is out of reach within this time. */
const BELIEVED_MS = 1000;

/** Answers that are remembered; beyond it the oldest is forgotten. */
const MAX_REMEMBERED = 10_000;

interface Answer<T> {
  readonly found: Promise<T>;
  readonly askedAt: number;
  /** What was found; undefined while it is being asked. */
  value: T | undefined;
}

/**
 * A short memory before the store, so that what is asked with every request costs it one question a second. What was
 * not found (undefined or false) is not remembered: guesses push nothing out.
 */
export class Believed<T> {
  readonly #now: () => number;
  /** Every answer is believed for the same time, so the oldest is the first to be asked again. */
  readonly #answers: BoundedMap<Answer<T>>;

  /** @param now milliseconds of a clock that never steps back */
  constructor(now: () => number = () => performance.now(), max: number = MAX_REMEMBERED) {
    this.#now = now;
    this.#answers = new BoundedMap(max);
  }

  /** Answers under way and remembered. */
  get size(): number {
    return this.#answers.size;
  }

  /** An answer that is believed, or under way. */
  get(key: string): Promise<T> | undefined {
    return this.#fresh(key)?.found;
  }

  /** An answer that is believed, without a wait; undefined: there is none, or it is under way. */
  recall(key: string): T | undefined {
    return this.#fresh(key)?.value;
  }

  /** Believes what was asked just now; an answer that rejects is forgotten. */
  believe(key: string, found: Promise<T>): Promise<T> {
    const answer: Answer<T> = { found, askedAt: this.#now(), value: undefined };
    this.#answers.set(key, answer);
    const forget = () => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    };
    found.then((value) => {
      answer.value = value;
      if (!value) forget();
    }, forget);
    return found;
  }

  forget(key: string): void {
    this.#answers.delete(key);
  }

  forgetAll(): void {
    this.#answers.clear();
  }

  #fresh(key: string): Answer<T> | undefined {
    const known = this.#answers.get(key);
    return known !== undefined && this.#now() - known.askedAt < BELIEVED_MS ? known : undefined;
  }
}
