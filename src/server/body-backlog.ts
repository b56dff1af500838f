import { Fifo } from '../collections/fifo.js';

/** The most of a body that is kept so, in bytes: far above what comes in a turn, unless it comes faster than it can be copied. */
export const MAX_BACKLOG = 32 * 1024 * 1024;

/**
 * Body bytes that came before somebody wants them. Builds of uWebSockets.js for Node 22 and later read a socket on and on within a
 * turn, for as long as it is full, and a pause is heeded when they are done. To put the bytes away is quick: the socket runs empty.
 */
export class BodyBacklog {
  readonly #chunks = new Fifo<Buffer>();
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Keeps a copy. False: that would be too much. */
  push(chunk: ArrayBuffer | Uint8Array): boolean {
    if (this.#bytes + chunk.byteLength > MAX_BACKLOG) return false;
    this.#bytes += chunk.byteLength;
    this.#chunks.push(Buffer.from(chunk instanceof Uint8Array ? chunk : new Uint8Array(chunk)));
    return true;
  }

  /** The oldest; undefined: there is none. */
  shift(): Buffer | undefined {
    const chunk = this.#chunks.shift();
    this.#bytes -= chunk?.length ?? 0;
    return chunk;
  }

  clear(): void {
    while (!this.isEmpty) this.shift();
  }
}
