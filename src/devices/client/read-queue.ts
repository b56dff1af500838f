// `ReadQueue` stands between a device, which may send at any time, and the one reader of the items it sends.
import { Fifo } from '../../collections/fifo.js';

/** The events of a queue's reader, which the queue's owner receives. */
export interface ReaderEvents<T> {
  /** The reader took an item: the item's credit may go back to the device. */
  taken(item: T): void;
  /** The reader left, at the end or before it. */
  left(): void;
}

/**
 * Items in their order, for one `for await`. The queue has no bound of its own: the number of items that wait is bounded by
 * the credit that the owner gives for items that were taken.
 */
export class ReadQueue<T extends object> implements AsyncIterable<T> {
  readonly #reader: ReaderEvents<T>;
  readonly #items = new Fifo<T>();
  /** Why no more items come; undefined while some may. */
  #end: { readonly error?: unknown } | undefined;
  #wake = (): void => {};

  constructor(reader: ReaderEvents<T>) {
    this.#reader = reader;
  }

  /** Items that wait for the reader. */
  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  /** No more items come: the reader's loop ends after those that wait. */
  end(): void {
    this.#end ??= {};
    this.#wake();
  }

  /** Drops the items that wait: the reader's loop throws `error`, or ends if that is undefined. */
  drop(error?: unknown): void {
    this.#items.clear();
    this.#end = { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    try {
      for (;;) {
        const item = this.#items.shift();
        if (item !== undefined) {
          this.#reader.taken(item);
          yield item;
        } else if (this.#end === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        } else if (this.#end.error !== undefined) {
          throw this.#end.error;
        } else return;
      }
    } finally {
      this.#reader.left();
    }
  }
}
