// `Mailbox` is the bounded queue of the items that an actor has to handle.

/** Slots of the first ring, which the first message makes; most mailboxes never need more. */
const FIRST_SLOTS = 2;

/**
 * A bounded first-in first-out queue on a ring that doubles as needed. Every item carries its size in bytes, which counts
 * against the bounds of the link until the item is taken.
 *
 *     items  [ d | e | . | . | a | b | c ]
 *                      ^tail   ^head
 */
export class Mailbox<T> {
  readonly #bound: number;
  #items: (T | undefined)[] = [];
  #sizes: number[] = [];
  #head = 0;
  #length = 0;
  #bytes = 0;

  /** @param bound how many items `push` accepts */
  constructor(bound: number) {
    this.#bound = bound;
  }

  get length(): number {
    return this.#length;
  }

  /** The sum of the sizes of all items. */
  get bytes(): number {
    return this.#bytes;
  }

  /** False when the bound is reached. */
  push(item: T, bytes = 0): boolean {
    if (this.#length >= this.#bound) return false;
    this.force(item, bytes);
    return true;
  }

  /** Adds an item beyond the bound: one that the actor causes itself, whose number is bounded elsewhere. */
  force(item: T, bytes = 0): void {
    if (this.#length === this.#items.length) this.#grow();
    const tail = (this.#head + this.#length) & (this.#items.length - 1);
    this.#items[tail] = item;
    this.#sizes[tail] = bytes;
    this.#length += 1;
    this.#bytes += bytes;
  }

  /** The size of the item that `shift` returns next. */
  get nextBytes(): number {
    return this.#length === 0 ? 0 : (this.#sizes[this.#head] ?? 0);
  }

  /** The oldest item. Call only while `length` is above 0. */
  shift(): T {
    const item = this.#items[this.#head] as T;
    this.#items[this.#head] = undefined;
    this.#bytes -= this.#sizes[this.#head] ?? 0;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length -= 1;
    return item;
  }

  #grow(): void {
    const slots = Math.max(FIRST_SLOTS, this.#items.length * 2);
    this.#items = bigger(this.#items, this.#head, slots, undefined);
    this.#sizes = bigger(this.#sizes, this.#head, slots, 0);
    this.#head = 0;
  }
}

/**
 * Copies a full ring, from its head on, into a ring of `slots`; raising an array's `length` would allocate room for many
 * more.
 */
function bigger<T>(ring: readonly T[], head: number, slots: number, empty: T): T[] {
  const copy: T[] = new Array(slots).fill(empty);
  for (let i = 0; i < ring.length; i++) copy[i] = ring[(head + i) % ring.length] as T;
  return copy;
}
