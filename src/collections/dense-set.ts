// `DenseSet` is a set that makes no garbage.

/** An object that a `DenseSet` may hold, in one such set at a time. */
export interface Slotted {
  /** The object's index in the set that holds it; -1: no set does. Only the set writes it. */
  slot: number;
}

/** A set, in no order, of objects that come and go with every call. A `Set` would do, but for its garbage: see `IdTable`. */
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

  /** Takes an item out; does nothing if it is in no set. */
  delete(item: T): void {
    if (item.slot < 0) return;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#items[item.slot] = last;
      last.slot = item.slot;
    }
    item.slot = -1;
  }

  /** Iterates over a copy of the items, so that any of them may be deleted meanwhile. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items.slice()[Symbol.iterator]();
  }
}
