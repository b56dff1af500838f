// `Fifo` is a queue without a bound.

/** Slots of the first ring, a power of two. */
const SMALLEST = 4;
/** A ring with more slots than this is dropped when it runs empty, so that one burst does not weigh on an idle session. */
const KEPT = 64;
/** The ring of every queue that holds nothing yet: it has no slot that could be written. */
const NO_RING: never[] = [];

/** A first-in first-out queue in a ring that grows: no element moves, and nothing is allocated until the first push. */
export class Fifo<T> {
  #ring: (T | undefined)[] = NO_RING;
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  peek(): T | undefined {
    return this.#ring[this.#head];
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    if (this.#length === 0 && this.#ring.length > KEPT) this.clear();
    return item;
  }

  clear(): void {
    this.#ring = NO_RING;
    this.#head = 0;
    this.#length = 0;
  }

  #grow(): void {
    const bigger: (T | undefined)[] = new Array(Math.max(SMALLEST, this.#ring.length * 2)).fill(undefined);
    for (let i = 0; i < this.#length; i++) {
      bigger[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
    }
    this.#ring = bigger;
    this.#head = 0;
  }
}
