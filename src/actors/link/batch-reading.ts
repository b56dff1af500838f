import { PackReader } from '../pack.js';
import { HEADER_BYTES } from './entry.js';

/** Entries that are read between two looks at the clock. */
const LOOK_EVERY = 16;

/** A batch that is being read, an entry at a time; it can be left and taken up again. */
export class BatchReading {
  readonly batch: Buffer;
  readonly body: PackReader;
  /** Bytes of it that are consumed: all, but for those that an actor holds. */
  consumed: number;
  #at = 0;

  constructor(batch: Buffer) {
    this.batch = batch;
    this.body = new PackReader(batch);
    this.consumed = batch.length;
  }

  /**
   * Reads entries until the batch is at its end, or the time is up.
   * @param entry takes one, whose payload is `body`; `bytes` is the size of the whole
   * @param turnEnds in milliseconds of `performance.now`
   * @returns whether it is at its end
   */
  run(
    entry: (reading: BatchReading, type: number, actor: number, bytes: number) => void,
    turnEnds: number,
  ): boolean {
    const { batch, body } = this;
    for (let count = 1; this.#at < batch.length; count++) {
      const at = this.#at;
      const bytes = batch.readUInt32LE(at);
      this.#at = at + bytes;
      body.seek(at + HEADER_BYTES, at + bytes);
      entry(this, batch[at + 8] ?? 0, batch.readUInt32LE(at + 4), bytes);
      if (count % LOOK_EVERY === 0 && performance.now() >= turnEnds) break;
    }
    return this.#at >= batch.length;
  }
}
