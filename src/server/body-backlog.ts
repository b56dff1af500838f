// `BodyBacklog` keeps body bytes that came before they can be passed on.
import { Fifo } from '../collections/fifo.js';

/** How many bytes of one body may wait: far more than come in a turn, unless they come faster than they can be copied. */
export const MAX_BACKLOG = 32 * 1024 * 1024;

/**
 * Body bytes that came before they can be passed on. Builds of uWebSockets.js for Node 22 and later read a socket on and on
 * within a turn, for as long as it is full, and a pause counts only when they are done. Storing the bytes is quick, so the
 * socket runs empty.
 */
export class BodyBacklog {
  readonly #chunks = new Fifo<Buffer>();
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Keeps a copy of `chunk`. False: the backlog would exceed {@link MAX_BACKLOG}. */
  push(chunk: ArrayBuffer | Uint8Array): boolean {
    if (this.#bytes + chunk.byteLength > MAX_BACKLOG) return false;
    this.#bytes += chunk.byteLength;
    this.#chunks.push(Buffer.from(chunk instanceof Uint8Array ? chunk : new Uint8Array(chunk)));
    return true;
  }

  /** Takes the oldest chunk; undefined: there is none. */
  shift(): Buffer | undefined {
    const chunk = this.#chunks.shift();
    this.#bytes -= chunk?.length ?? 0;
    return chunk;
  }

  clear(): void {
    while (!this.isEmpty) this.shift();
  }
}
