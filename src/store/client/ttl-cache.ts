import { BoundedMap } from '../../collections/bounded-map.js';
import { isStoreAway } from '../ports/errors.js';

/** How long an answer of the store is believed, in ms: what was taken away is out of reach within this time. */
const BELIEVED_MS = 1000;

/** An answer that is used at this age, in ms, is asked for anew beside its use: who asks often never waits. */
const RENEWED_MS = 500;

/**
 * How long an answer stands in, in ms, where the store is away and there is no newer one: longer than a database takes to
 * fail over. What is reported to be taken away is forgotten all the same.
 */
const STANDS_IN_MS = 60_000;

/** How long a newer answer is waited for where an older one can stand in, in ms. */
const PATIENCE_MS = 1000;

/** Answers that are remembered; beyond it the oldest is forgotten. */
const MAX_REMEMBERED = 10_000;

/** Something that the store found. */
interface Known<T> {
  readonly value: T;
  readonly askedAt: number;
  /** It was taken away, or may have been: it is not to stand in. */
  forgotten: boolean;
}

interface Entry<T> {
  readonly found: Promise<T>;
  askedAt: number;
  /** What was found; undefined while it is being asked. */
  known: Known<T> | undefined;
  /** What was found the time before, while this is not known. */
  readonly before: Known<T> | undefined;
  /** It has been asked for anew. */
  refreshing: boolean;
}

/**
 * A short memory before the store, so that what is asked with every request costs it two questions a second at most, and
 * what was found goes on to be believed for a while where the store is away. What was not found (undefined or false) is not
 * remembered: guesses push nothing out.
 */
export class TtlCache<T> {
  readonly #ask: (key: string) => Promise<T>;
  readonly #isOver: (value: T) => boolean;
  readonly #now: () => number;
  readonly #answers: BoundedMap<Entry<T>>;

  /**
   * @param ask the store
   * @param isOver whether something that was found has come to its own end since, so that it may not stand in
   * @param now milliseconds of a clock that never steps back
   */
  constructor(
    ask: (key: string) => Promise<T>,
    isOver: (value: T) => boolean = () => false,
    now: () => number = () => performance.now(),
    max: number = MAX_REMEMBERED,
  ) {
    this.#ask = ask;
    this.#isOver = isOver;
    this.#now = now;
    this.#answers = new BoundedMap(max);
  }

  /** Answers under way and remembered. */
  get size(): number {
    return this.#answers.size;
  }

  /**
   * The answer that is believed, or under way for somebody else; otherwise the store is asked. Where it is away, or does not
   * say in time, the last answer stands in; else this rejects as the store does.
   */
  get(key: string): Promise<T> {
    return (this.#fresh(key) ?? this.#remember(key)).found;
  }

  /** An answer that is believed, without a wait; undefined: there is none, or it is under way. */
  peek(key: string): T | undefined {
    const answer = this.#fresh(key);
    if (answer?.known === undefined) return undefined;
    if (!answer.refreshing && this.#now() - answer.askedAt >= RENEWED_MS) this.#refresh(key, answer);
    return answer.known.value;
  }

  forget(key: string): void {
    const answer = this.#answers.get(key);
    if (answer !== undefined) this.#replace(key, answer, undefined);
  }

  /** What was found is not believed any more, but may stand in as before: it may have changed. */
  outdate(key: string): void {
    const answer = this.#answers.get(key);
    if (answer !== undefined) answer.askedAt = Number.NEGATIVE_INFINITY;
  }

  forgetAll(): void {
    this.forgetThose(() => true);
  }

  /** @param value undefined: it is being asked, and may be what is meant */
  forgetThose(are: (key: string, value: T | undefined) => boolean): void {
    for (const [key, answer] of this.#answers) {
      if (are(key, answer.known?.value)) this.#replace(key, answer, undefined);
    }
  }

  #remember(key: string): Entry<T> {
    const [asked, askedAt] = [this.#ask(key), this.#now()];
    const before = this.#last(key, askedAt);
    const found = before === undefined ? asked : orBefore(asked, before);
    const answer: Entry<T> = { found, askedAt, known: undefined, before, refreshing: false };
    this.#answers.set(key, answer);
    asked.then(
      (value) => {
        if (value) answer.known = { value, askedAt, forgotten: false };
        else this.#replace(key, answer, undefined);
      },
      () => this.#replace(key, answer, before && standIn(before)),
    );
    return answer;
  }

  #refresh(key: string, old: Entry<T>): void {
    old.refreshing = true;
    const askedAt = this.#now();
    this.#ask(key).then(
      (value) => this.#replace(key, old, value ? standIn({ value, askedAt, forgotten: false }) : undefined),
      // Whoever asks when the old answer is believed no more hears what is wrong.
      () => {},
    );
  }

  /** Unless the old answer was forgotten or replaced meanwhile. */
  #replace(key: string, old: Entry<T>, answer: Entry<T> | undefined): void {
    if (this.#answers.get(key) !== old) return;
    if (answer !== undefined) {
      this.#answers.set(key, answer);
      return;
    }
    this.#answers.delete(key);
    for (const known of [old.known, old.before]) if (known !== undefined) known.forgotten = true;
  }

  #fresh(key: string): Entry<T> | undefined {
    const answer = this.#answers.get(key);
    return answer !== undefined && this.#now() - answer.askedAt < BELIEVED_MS ? answer : undefined;
  }

  /** What was found last and may still stand in. */
  #last(key: string, now: number): Known<T> | undefined {
    const answer = this.#answers.get(key);
    const last = answer?.known ?? answer?.before;
    return last && now - last.askedAt < STANDS_IN_MS && !this.#isOver(last.value) ? last : undefined;
  }
}

function standIn<T>(known: Known<T>): Entry<T> {
  const { value, askedAt } = known;
  return { found: Promise.resolve(value), askedAt, known, before: undefined, refreshing: false };
}

/** What `asked` gives; what was found before, where the store is away or does not say in time. */
function orBefore<T>(asked: Promise<T>, before: Known<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      if (!before.forgotten) resolve(before.value);
    }, PATIENCE_MS);
    const over = () => clearTimeout(late);
    asked.finally(over).then(resolve, (error: unknown) => {
      if (isStoreAway(error) && !before.forgotten) resolve(before.value);
      else reject(error);
    });
  });
}
