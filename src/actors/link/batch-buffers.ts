import { BATCH_MIN_BYTES, COPY_BYTES, SPARE_BATCHES, SPARE_BYTES } from '../limits.js';
import { PackWriter, unpooled } from '../pack.js';
import { NO_BUFFERS } from './transport.js';

/** A buffer may be so many times as large as what it is to hold: whoever keeps a view of a batch keeps all of it. */
const MAX_SLACK = 8;

/**
 * The buffers batches are packed into. One is sized after recent batches: too small costs copies while it grows, too
 * large costs memory that the receiver keeps as long as a view of the batch. What came from the other end goes back
 * there: as many bytes go each way, and V8 collects garbage for every 64 MiB of buffers that come to a thread.
 */
export class BatchBuffers {
  /** Decays by an eighth a batch, so that one large batch does not size the next hundred. */
  #recent = 0;
  /** Buffers for batches to come, the oldest first. */
  readonly #spare: ArrayBuffer[] = [];
  /** What found no place there, as who posts fewer batches than it reads has no use for all: the other end has. */
  #surplus: ArrayBuffer[] | undefined;

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

  /** Takes the buffer of a batch that was read and of which nobody keeps anything. Very small and very large ones are let go. */
  recycle(batch: Buffer): void {
    const buffer = batch.buffer as ArrayBuffer;
    if (buffer.byteLength <= COPY_BYTES || buffer.byteLength > SPARE_BYTES) return;
    const oldest = this.#keep(buffer);
    if (oldest === undefined || this.#surplus?.length === SPARE_BATCHES) return;
    this.#surplus ??= [];
    this.#surplus.push(oldest);
  }

  /** Buffers to give to the other end. */
  takeSurplus(): readonly ArrayBuffer[] {
    if (this.#surplus === undefined) return NO_BUFFERS;
    const surplus = this.#surplus;
    this.#surplus = undefined;
    return surplus;
  }

  /** Takes the surplus of the other end; what it had no use for itself is let go. */
  add(surplus: readonly ArrayBuffer[]): void {
    for (const buffer of surplus) this.#keep(buffer);
  }

  /** @returns the one that there is no room for any more */
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
