// `BatchReading` reads one batch entry by entry, and can be left and taken up again.
import { PackReader } from '../pack.js';
import { HEADER_BYTES } from './entry.js';

/** How many entries are read between two looks at the clock. */
const LOOK_EVERY = 16;

/** A batch that is being read, an entry at a time. */
export class BatchReading {
  readonly batch: Buffer;
  readonly body: PackReader;
  /** How many bytes of the batch are consumed: all but those of messages that wait in a mailbox. */
  consumed: number;
  #at = 0;

  constructor(batch: Buffer) {
    this.batch = batch;
    this.body = new PackReader(batch);
    this.consumed = batch.length;
  }

  /**
   * Reads entries until the batch is at its end, or the time is up.
   * @param entry takes one entry, whose payload is `body`; `bytes` is the size of the whole entry
   * @param turnEnds when to stop, in milliseconds of `performance.now`
   * @returns whether the batch is read to its end
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
