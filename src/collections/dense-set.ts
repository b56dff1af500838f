/** What a `DenseSet` may hold, in one such set at a time. */
export interface Slotted {
  /** Where it is in its set, which alone writes it; -1: in none. */
  slot: number;
}

/**
 * A set, in no order, of what comes and goes with every call. A `Set` would do but for its garbage: see `IdTable`.
 */
export class DenseSet<T extends Slotted> implements Iterable<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    if (item.slot >= 0) return;
    item.slot = this.#items.length;
    this.#items.push(item);
  }

  /** Does nothing to what is in no set. */
  delete(item: T): void {
    if (item.slot < 0) return;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#items[item.slot] = last;
      last.slot = item.slot;
    }
    item.slot = -1;
  }

  /** Of those there are now: any may leave meanwhile. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items.slice()[Symbol.iterator]();
  }
}
