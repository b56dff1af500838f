// TtlCache caches the store's answers: fresh for a second, refreshed while in use, and stale while the store is away.
import { BoundedMap } from '../../collections/bounded-map.js';
import { isStoreAway } from '../ports/errors.js';

/** How long an entry is fresh, in ms: access that was taken away in the store ends here within this time. */
const FRESH_MS = 1000;

/** The age, in ms, from which a fresh entry is loaded again in the background: a key that is asked for often never waits. */
const REFRESH_AFTER_MS = 500;

/**
 * How long a stale value is served while the store is away, in ms: longer than a database takes to fail over. A key that is
 * forgotten has no stale value.
 */
const STALE_MS = 60_000;

/** How long a load may take, in ms, before the stale value is served instead. */
const PATIENCE_MS = 1000;

/** The most entries of one cache; beyond it the oldest is dropped. */
const MAX_ENTRIES = 10_000;

/** A value that the store answered. */
interface Cached<T> {
  readonly value: T;
  /** When the store was asked for the value, in ms of the cache's clock. */
  readonly askedAt: number;
  /** The key was forgotten: its access was taken away, or may have been, so the value is not served any more. */
  forgotten: boolean;
}

interface Entry<T> {
  /** The promise that `get` returns. */
  readonly answer: Promise<T>;
  askedAt: number;
  /** The loaded value; undefined while the load is under way. */
  current: Cached<T> | undefined;
  /** The value from before this load, to be served stale while the load is under way. */
  readonly previous: Cached<T> | undefined;
  /** A load in the background has begun for this entry. */
  refreshing: boolean;
}

/**
 * A cache for questions that every request asks: a key costs the store two loads a second at most, and a found value is served
 * stale for a while where the store is away. An answer of undefined or false is not cached: guesses push nothing out.
 */
export class TtlCache<T> {
  readonly #load: (key: string) => Promise<T>;
  readonly #isOver: (value: T) => boolean;
  readonly #now: () => number;
  readonly #entries: BoundedMap<Entry<T>>;

  /**
   * @param load asks the store
   * @param isOver whether a value has expired by itself since it was loaded, so that it is not served stale
   * @param now milliseconds of a clock that never steps back
   */
  constructor(
    load: (key: string) => Promise<T>,
    isOver: (value: T) => boolean = () => false,
    now: () => number = () => performance.now(),
    max: number = MAX_ENTRIES,
  ) {
    this.#load = load;
    this.#isOver = isOver;
    this.#now = now;
    this.#entries = new BoundedMap(max);
  }

  /** How many entries there are, including those whose load is under way. Tests of the bound read it. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Answers with the fresh value, or with the load that another caller has begun; otherwise loads the key. Where the store is
   * away, or does not answer in time, the stale value is served; without one this rejects as the store does.
   */
  get(key: string): Promise<T> {
    return (this.#fresh(key) ?? this.#enter(key)).answer;
  }

  /** The fresh value, without a wait. Undefined: there is no fresh value, or its load is under way. */
  peek(key: string): T | undefined {
    const entry = this.#fresh(key);
    if (entry?.current === undefined) return undefined;
    if (!entry.refreshing && this.#now() - entry.askedAt >= REFRESH_AFTER_MS) this.#refresh(key, entry);
    return entry.current.value;
  }

  /** Drops a key: its value is not served again, neither fresh nor stale. */
  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#replace(key, entry, undefined);
  }

  /** Makes the value of a key stale, as it may have changed: the next `get` loads it. */
  outdate(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.askedAt = Number.NEGATIVE_INFINITY;
  }

  /** Drops every key, as `forget` does. */
  forgetAll(): void {
    this.forgetThose(() => true);
  }

  /**
   * Drops the keys that `are` selects.
   * @param are gets no value while the load is under way; it must select any key whose value may turn out to match
   */
  forgetThose(are: (key: string, value: T | undefined) => boolean): void {
    for (const [key, entry] of this.#entries) {
      if (are(key, entry.current?.value)) this.#replace(key, entry, undefined);
    }
  }

  #enter(key: string): Entry<T> {
    const [loading, askedAt] = [this.#load(key), this.#now()];
    const previous = this.#stale(key, askedAt);
    const answer = previous === undefined ? loading : orStale(loading, previous);
    const entry: Entry<T> = { answer, askedAt, current: undefined, previous, refreshing: false };
    this.#entries.set(key, entry);
    loading.then(
      (value) => {
        if (value) entry.current = { value, askedAt, forgotten: false };
        else this.#replace(key, entry, undefined);
      },
      () => this.#replace(key, entry, previous && entryOf(previous)),
    );
    return entry;
  }

  #refresh(key: string, old: Entry<T>): void {
    old.refreshing = true;
    const askedAt = this.#now();
    this.#load(key).then(
      (value) => this.#replace(key, old, value ? entryOf({ value, askedAt, forgotten: false }) : undefined),
      // A failure in the background is dropped: the entry stays, and once it is no longer fresh its next caller loads again and
      // gets the error.
      () => {},
    );
  }

  /**
   * Replaces `old` by `entry`, or drops `old` where there is no `entry`; does nothing if `old` was dropped or replaced meanwhile.
   */
  #replace(key: string, old: Entry<T>, entry: Entry<T> | undefined): void {
    if (this.#entries.get(key) !== old) return;
    if (entry !== undefined) {
      this.#entries.set(key, entry);
      return;
    }
    this.#entries.delete(key);
    for (const cached of [old.current, old.previous]) if (cached !== undefined) cached.forgotten = true;
  }

  #fresh(key: string): Entry<T> | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#now() - entry.askedAt < FRESH_MS ? entry : undefined;
  }

  /** The last value of a key; undefined: it may not be served stale. */
  #stale(key: string, now: number): Cached<T> | undefined {
    const entry = this.#entries.get(key);
    const last = entry?.current ?? entry?.previous;
    return last && now - last.askedAt < STALE_MS && !this.#isOver(last.value) ? last : undefined;
  }
}

/** The entry of a value that is loaded already. */
function entryOf<T>(cached: Cached<T>): Entry<T> {
  const { value, askedAt } = cached;
  return { answer: Promise.resolve(value), askedAt, current: cached, previous: undefined, refreshing: false };
}

/** Resolves with the loaded value, or with the stale one where the store is away or does not answer in time. */
function orStale<T>(loading: Promise<T>, stale: Cached<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      if (!stale.forgotten) resolve(stale.value);
    }, PATIENCE_MS);
    const over = () => clearTimeout(late);
    loading.finally(over).then(resolve, (error: unknown) => {
      if (isStoreAway(error) && !stale.forgotten) resolve(stale.value);
      else reject(error);
    });
  });
}
