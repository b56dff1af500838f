import { BATCH_MIN_BYTES } from '../limits.js';
import { PackWriter } from '../pack.js';

/**
 * The buffers batches are packed into. A new one is sized after recent batches: too small costs copies while it
 * grows, too large costs zeroed memory that the receiver keeps as long as a view of the batch.
 */
export class BatchBuffers {
  /** Decays by an eighth a batch, so that one large batch does not size the next hundred. */
  #recent = 0;

  next(): PackWriter {
    return new PackWriter(Math.max(BATCH_MIN_BYTES, Math.ceil(this.#recent * 1.25)));
  }

  /** The writer for the next batch: the same, unless its buffer was given away. */
  after(batch: PackWriter, given: boolean): PackWriter {
    this.#recent = Math.max(batch.length, this.#recent * 0.875);
    if (given) return this.next();
    batch.rewind(0);
    return batch;
  }
}
