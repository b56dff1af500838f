// `BatchBuffers` gives each new batch a buffer, and reuses those whose batches have been read.
import { BATCH_MIN_BYTES, COPY_BYTES, SPARE_BATCHES, SPARE_BYTES } from '../limits.js';
import { PackWriter, unpooled } from '../pack.js';
import { NO_BUFFERS } from './transport.js';

/** A buffer is reused only if it is at most 8 times the size needed: a reader that keeps a view of a batch keeps all of it. */
const MAX_SLACK = 8;

/**
 * The buffers that batches are packed into. A new buffer is sized after recent batches: too small costs copies while it
 * grows, too large costs memory that the receiver keeps as long as a view of the batch. Buffers that came from the other end
 * go back to it, filled or as surplus: then as many bytes go each way. (V8 collects garbage for every 64 MiB of buffers that
 * come to a thread.)
 */
export class BatchBuffers {
  /** The recent batch size; it decays by an eighth a batch, so that one large batch does not size the next hundred. */
  #recent = 0;
  /** Buffers for batches to come, the oldest first. */
  readonly #spare: ArrayBuffer[] = [];
  /** Buffers that `#spare` has no room for. They go back to the other end, which posts more batches than this one does. */
  #surplus: ArrayBuffer[] | undefined;

  /** A writer for a new batch. */
  next(): PackWriter {
    const size = Math.max(BATCH_MIN_BYTES, 2 ** Math.ceil(Math.log2(this.#recent * 1.25)));
    return new PackWriter(this.#takeSpare(size) ?? unpooled(size));
  }

  /** The writer for the next batch: the same, unless its buffer was given away. */
  after(batch: PackWriter, given: boolean): PackWriter {
    this.#recent = Math.max(batch.length, this.#recent * 0.875);
    if (given) return this.next();
    batch.rewind(0);
    return batch;
  }

  /** Keeps the buffer of a batch that was read and that no reader has a view of; very small and very large ones are dropped. */
  recycle(batch: Buffer): void {
    const buffer = batch.buffer as ArrayBuffer;
    if (buffer.byteLength <= COPY_BYTES || buffer.byteLength > SPARE_BYTES) return;
    const oldest = this.#keep(buffer);
    if (oldest === undefined || this.#surplus?.length === SPARE_BATCHES) return;
    this.#surplus ??= [];
    this.#surplus.push(oldest);
  }

  /** Takes out the buffers that are to go back to the other end. */
  takeSurplus(): readonly ArrayBuffer[] {
    if (this.#surplus === undefined) return NO_BUFFERS;
    const surplus = this.#surplus;
    this.#surplus = undefined;
    return surplus;
  }

  /** Keeps buffers that the other end gave back; those that there is no room for are dropped. */
  add(surplus: readonly ArrayBuffer[]): void {
    for (const buffer of surplus) this.#keep(buffer);
  }

  /** @returns the oldest spare buffer, if there is no room for it any more */
  #keep(buffer: ArrayBuffer): ArrayBuffer | undefined {
    this.#spare.push(buffer);
    return this.#spare.length > SPARE_BATCHES ? this.#spare.shift() : undefined;
  }

  #takeSpare(size: number): Buffer | undefined {
    const spare = this.#spare;
    for (let i = spare.length - 1; i >= 0; i--) {
      const buffer = spare[i];
      if (buffer === undefined || buffer.byteLength < size || buffer.byteLength > MAX_SLACK * size) continue;
      spare.splice(i, 1);
      return Buffer.from(buffer);
    }
    return undefined;
  }
}
