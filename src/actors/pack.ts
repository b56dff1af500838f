// `PackWriter` packs messages into a batch and `PackReader` reads them back; a `Codec` says how, for each kind.

/** A growable buffer that messages are packed into, little-endian; one per batch. */
export class PackWriter {
  #bytes: Buffer;
  #length = 0;

  /** @param bytes the buffer to begin with; when it is full, one twice as large as needed replaces it. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** The buffer behind the batch; valid until the next call that grows it. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Makes room for `size` bytes and returns the offset where they go; `commit` says how many were written. */
  reserve(size: number): number {
    const needed = this.#length + size;
    if (needed > this.#bytes.length) this.#grow(needed);
    return this.#length;
  }

  commit(size: number): void {
    this.#length += size;
  }

  /** Drops everything that was written after the first `length` bytes. */
  rewind(length: number): void {
    this.#length = length;
  }

  /** Overwrites a u32 written earlier, such as a length not known before its content. */
  patchU32(offset: number, value: number): void {
    this.#bytes.writeUInt32LE(value, offset);
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.#bytes[at] = value;
    this.#length += 1;
  }

  u16(value: number): void {
    const at = this.reserve(2);
    this.#bytes.writeUInt16LE(value, at);
    this.#length += 2;
  }

  u32(value: number): void {
    const at = this.reserve(4);
    this.#bytes.writeUInt32LE(value, at);
    this.#length += 4;
  }

  f64(value: number): void {
    const at = this.reserve(8);
    this.#bytes.writeDoubleLE(value, at);
    this.#length += 8;
  }

  /** Bytes without a length. */
  raw(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.#bytes.set(value, at);
    this.#length += value.length;
  }

  /** Length-prefixed ISO 8859-1 text (u32). */
  latin1(value: string): void {
    this.u32(value.length);
    const at = this.reserve(value.length);
    this.#bytes.write(value, at, 'latin1');
    this.#length += value.length;
  }

  /** Length-prefixed UTF-8 text (u32). */
  utf8(value: string): void {
    const at = this.reserve(4 + value.length * 3);
    const written = this.#bytes.write(value, at + 4, 'utf8');
    this.#bytes.writeUInt32LE(written, at);
    this.#length += 4 + written;
  }

  #grow(needed: number): void {
    const next = unpooled(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(next, 0, 0, this.#length);
    this.#bytes = next;
  }
}

/**
 * A buffer with an ArrayBuffer of its own, so that it can be transferred. It is not zeroed: only bytes that were written are
 * read, and zeroing is most of the cost of a large batch.
 */
export function unpooled(size: number): Buffer {
  return Buffer.allocUnsafeSlow(size);
}

/** Reads what a {@link PackWriter} wrote, in the same order. */
export class PackReader {
  readonly #bytes: Buffer;
  #at: number;
  #end: number;
  #isKept = false;
  /** Ranges that are leased and not yet released; the set is created on first use. */
  #leased: Set<Uint8Array> | undefined;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  /** True once a range was read that its reader may keep: the buffer must not change any more. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** True while a leased range is not released. */
  get isLeased(): boolean {
    return this.#leased !== undefined && this.#leased.size > 0;
  }

  /** Moves on to another range of the same buffer, so that one reader serves a whole batch. */
  seek(at: number, end: number): void {
    this.#at = at;
    this.#end = end;
  }

  u8(): number {
    const value = this.#bytes.readUInt8(this.#at);
    this.#at += 1;
    return value;
  }

  u16(): number {
    const value = this.#bytes.readUInt16LE(this.#at);
    this.#at += 2;
    return value;
  }

  u32(): number {
    const value = this.#bytes.readUInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  f64(): number {
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  /** Reads the rest of the entry, as a view of the buffer. */
  rest(): Buffer {
    this.#isKept = true;
    return this.lent();
  }

  /** As `rest`, but valid only until the message's handler returns, also if it returns a promise; to keep bytes, copy them. */
  lent(): Buffer {
    const at = this.#at;
    this.#at = this.#end;
    return this.#bytes.subarray(at, this.#end);
  }

  /** As `rest`, but its reader may release it (`HostedContext.release`), and then the buffer is used again. */
  leased(): Buffer {
    const range = this.lent();
    // An empty range is never released, so it is not tracked.
    if (range.length === 0) return range;
    this.#leased ??= new Set();
    this.#leased.add(range);
    return range;
  }

  /** Takes a leased range back; ignores any other range, and one that was released before. */
  release(range: Uint8Array): void {
    this.#leased?.delete(range);
  }

  latin1(): string {
    const length = this.u32();
    this.#at += length;
    return this.#bytes.toString('latin1', this.#at - length, this.#at);
  }

  utf8(): string {
    const length = this.u32();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }
}

/**
 * How the messages of one channel are packed into a batch. `Written` and `Read` differ where the writer packs straight from
 * a source (a multiplexer's output) that the reader sees as bytes.
 */
export interface Codec<Written, Read = Written> {
  write(message: Written, out: PackWriter): void;
  /**
   * Joins `message` to the one packed last for the same actor, whose payload begins at `at` and ends where `out` does, so
   * that the reader gets one message for the parts of a byte stream that arrive one by one. False: it cannot be joined.
   */
  join?(message: Written, out: PackWriter, at: number): boolean;
  /**
   * Byte ranges in the result are views of the batch buffer, which the reader owns: no copy is needed to keep them. A range
   * read with `PackReader.lent` is valid only until the handler returns, also if it returns a promise.
   */
  read(from: PackReader): Read;
}
