import { BoundedMap } from '../collections/bounded-map.js';

/** How long an answer of the store is believed, in ms: what was taken away is out of reach within this time. */
const BELIEVED_MS = 1000;

/** An answer that is used at this age, in ms, is asked for anew beside its use: who asks often never waits. */
const RENEWED_MS = 500;

/** Answers that are remembered; beyond it the oldest is forgotten. */
const MAX_REMEMBERED = 10_000;

interface Answer<T> {
  readonly found: Promise<T>;
  readonly askedAt: number;
  /** What was found; undefined while it is being asked. */
  value: T | undefined;
  /** It has been asked for anew. */
  renewed: boolean;
}

/**
 * A short memory before the store, so that what is asked with every request costs it two questions a second at most. What
 * was not found (undefined or false) is not remembered: guesses push nothing out.
 */
export class Believed<T> {
  readonly #ask: (key: string) => Promise<T>;
  readonly #now: () => number;
  readonly #answers: BoundedMap<Answer<T>>;

  /**
   * @param ask the store
   * @param now milliseconds of a clock that never steps back
   */
  constructor(
    ask: (key: string) => Promise<T>,
    now: () => number = () => performance.now(),
    max: number = MAX_REMEMBERED,
  ) {
    this.#ask = ask;
    this.#now = now;
    this.#answers = new BoundedMap(max);
  }

  /** Answers under way and remembered. */
  get size(): number {
    return this.#answers.size;
  }

  /** The answer that is believed, or under way for somebody else; otherwise the store is asked. Rejects as it does. */
  get(key: string): Promise<T> {
    return (this.#fresh(key) ?? this.#remember(key, this.#ask(key))).found;
  }

  /** An answer that is believed, without a wait; undefined: there is none, or it is under way. */
  recall(key: string): T | undefined {
    const known = this.#fresh(key);
    if (known?.value === undefined) return undefined;
    if (!known.renewed && this.#now() - known.askedAt >= RENEWED_MS) this.#renew(key, known);
    return known.value;
  }

  forget(key: string): void {
    this.#answers.delete(key);
  }

  forgetAll(): void {
    this.#answers.clear();
  }

  #remember(key: string, found: Promise<T>): Answer<T> {
    const answer: Answer<T> = { found, askedAt: this.#now(), value: undefined, renewed: false };
    this.#answers.set(key, answer);
    const forget = () => this.#replace(key, answer, undefined);
    found.then((value) => {
      answer.value = value;
      if (!value) forget();
    }, forget);
    return answer;
  }

  #renew(key: string, old: Answer<T>): void {
    old.renewed = true;
    const askedAt = this.#now();
    this.#ask(key).then(
      (value) => {
        const answer = { found: Promise.resolve(value), askedAt, value, renewed: false };
        this.#replace(key, old, value ? answer : undefined);
      },
      // Whoever asks when the old answer is believed no more hears what is wrong.
      () => {},
    );
  }

  /** Unless the old answer was forgotten or replaced meanwhile. */
  #replace(key: string, old: Answer<T>, answer: Answer<T> | undefined): void {
    if (this.#answers.get(key) !== old) return;
    if (answer === undefined) this.#answers.delete(key);
    else this.#answers.set(key, answer);
  }

  #fresh(key: string): Answer<T> | undefined {
    const known = this.#answers.get(key);
    return known !== undefined && this.#now() - known.askedAt < BELIEVED_MS ? known : undefined;
  }
}
