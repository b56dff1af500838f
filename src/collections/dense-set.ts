/** What a `DenseSet` may hold, in one such set at a time. */
export interface Placed {
  /** Where it is in its set, which alone writes it; -1: in none. */
  place: number;
}

/**
 * A set, in no order, of what comes and goes with every call. A `Set` would do but for its garbage: see `IdTable`.
 */
export class DenseSet<T extends Placed> implements Iterable<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    if (item.place >= 0) return;
    item.place = this.#items.length;
    this.#items.push(item);
  }

  /** Does nothing to what is in no set. */
  delete(item: T): void {
    if (item.place < 0) return;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#items[item.place] = last;
      last.place = item.place;
    }
    item.place = -1;
  }

  /** Of those there are now: any may leave meanwhile. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items.slice()[Symbol.iterator]();
  }
}
