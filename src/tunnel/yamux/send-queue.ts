// `SendQueue` keeps the bytes of one stream that wait to be framed.
import { Fifo } from '../../collections/fifo.js';

/** The owner of the chunks, which is told when a chunk was moved to its last byte. */
interface ChunkOwner {
  encoded(chunk: Uint8Array): void;
}

/** The bytes of one stream that wait to be framed; chunks are kept as given and copied once, into the frame. */
export class SendQueue {
  readonly #owner: ChunkOwner;
  #first: Uint8Array | undefined;
  /** How many bytes of `#first` were taken. */
  #offset = 0;
  /** The chunks behind `#first`; the queue is created on first use, as most streams never have two chunks. */
  #rest: Fifo<Uint8Array> | undefined;
  #length = 0;

  constructor(owner: ChunkOwner) {
    this.#owner = owner;
  }

  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#first === undefined) {
      this.#first = chunk;
      return;
    }
    this.#rest ??= new Fifo();
    this.#rest.push(chunk);
  }

  /** Moves the first `count` bytes into `target`; the caller asks for no more than `length`. */
  moveTo(target: Uint8Array, at: number, count: number): void {
    let position = at;
    const end = at + count;
    while (position < end && this.#first !== undefined) {
      const chunk = this.#first;
      const taken = Math.min(end - position, chunk.length - this.#offset);
      target.set(slice(chunk, this.#offset, taken), position);
      position += taken;
      this.#offset += taken;
      if (this.#offset < chunk.length) break;
      this.#next();
      this.#owner.encoded(chunk);
    }
    this.#length -= count;
  }

  clear(): void {
    this.#first = undefined;
    this.#rest = undefined;
    this.#offset = 0;
    this.#length = 0;
  }

  #next(): void {
    this.#first = this.#rest?.shift();
    this.#offset = 0;
  }
}

/** `Buffer.subarray` costs several times as much as a plain view. */
function slice(chunk: Uint8Array, offset: number, length: number): Uint8Array {
  if (length === chunk.length) return chunk;
  return new Uint8Array(chunk.buffer, chunk.byteOffset + offset, length);
}
