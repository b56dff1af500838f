// `IdTable` is a map from ids that makes no garbage.

/** Slots of a new table, a power of two. */
const FIRST_SLOTS = 8;
/** A table with more slots than these shrinks when it runs empty. */
const KEPT_SLOTS = 128;
/** 2^32 divided by the golden ratio: a factor that spreads ids that follow one another. */
const SPREAD = 0x9e3779b1;
/** The mark of a free slot: no id is 0. */
const FREE = 0;

/**
 * A map from ids, which are from 1 to 2^32 − 1, to objects that come and go with every call, in no order. A `Map` takes a
 * new table every few writes and keeps a pointer from each old one to the next: once V8 has one of them in its old
 * generation, the contents of the later ones survive there too, and collections take 6 ms instead of 1 until the next full
 * one. An `IdTable` writes in place: open addressing, linear probing.
 */
export class IdTable<T extends object | string | number> {
  #ids: number[] = new Array(FIRST_SLOTS).fill(FREE);
  #values: (T | undefined)[] = new Array(FIRST_SLOTS).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    return this.#values[this.#find(id)];
  }

  has(id: number): boolean {
    return id !== FREE && this.#ids[this.#find(id)] === id;
  }

  /** @throws RangeError for 0 */
  set(id: number, value: T): void {
    if (id === FREE) throw new RangeError('0 is no id');
    const at = this.#find(id);
    this.#values[at] = value;
    if (this.#ids[at] === id) return;
    this.#ids[at] = id;
    this.#size += 1;
    if (this.#size * 2 > this.#ids.length) this.#resize(this.#ids.length * 2);
  }

  delete(id: number): void {
    const at = this.#find(id);
    if (id === FREE || this.#ids[at] !== id) return;
    this.#size -= 1;
    if (this.#size === 0 && this.#ids.length > KEPT_SLOTS) this.#resize(FIRST_SLOTS);
    else this.#close(at);
  }

  /** A copy, so that any entry may be deleted while the caller reads it. */
  entries(): [id: number, value: T][] {
    const entries: [number, T][] = [];
    for (let at = 0; at < this.#ids.length; at++) {
      const id = this.#ids[at] ?? FREE;
      if (id !== FREE) entries.push([id, this.#values[at] as T]);
    }
    return entries;
  }

  /** A copy, so that any entry may be deleted while the caller reads it. */
  values(): T[] {
    return this.#values.filter((value) => value !== undefined);
  }

  /** The slot of an id, or the free one where it would be. At most half of the slots are taken, so the search ends. */
  #find(id: number): number {
    const last = this.#ids.length - 1;
    let at = this.#home(id);
    for (let found = this.#ids[at]; found !== id && found !== FREE; found = this.#ids[at])
      at = (at + 1) & last;
    return at;
  }

  #home(id: number): number {
    return (Math.imul(id, SPREAD) >>> 16) & (this.#ids.length - 1);
  }

  /** Frees a slot: entries that were pushed beyond it move up, so that they are found. */
  #close(free: number): void {
    const last = this.#ids.length - 1;
    let hole = free;
    for (let at = (hole + 1) & last; ; at = (at + 1) & last) {
      const id = this.#ids[at] ?? FREE;
      if (id === FREE) break;
      if (((at - this.#home(id)) & last) < ((at - hole) & last)) continue;
      this.#ids[hole] = id;
      this.#values[hole] = this.#values[at];
      hole = at;
    }
    this.#ids[hole] = FREE;
    this.#values[hole] = undefined;
  }

  #resize(slots: number): void {
    const entries = this.#size === 0 ? [] : this.entries();
    this.#ids = new Array(slots).fill(FREE);
    this.#values = new Array(slots).fill(undefined);
    for (const [id, value] of entries) {
      const at = this.#find(id);
      this.#ids[at] = id;
      this.#values[at] = value;
    }
  }
}
