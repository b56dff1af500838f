// `BoundedMap` is a map that forgets its oldest entry.

/** A map of at most `max` entries: one more, and the oldest is forgotten. */
export class BoundedMap<V> {
  readonly #max: number;
  readonly #entries = new Map<string, V>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  /** Sets an entry and makes it the newest, even if it was there before. */
  set(key: string, value: V): void {
    this.#entries.delete(key);
    const [oldest] = this.#entries.size >= this.#max ? this.#entries.keys() : [];
    if (oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, value);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Iterates over the entries, oldest first; those deleted meanwhile are left out. */
  [Symbol.iterator](): IterableIterator<[string, V]> {
    return this.#entries.entries();
  }
}
