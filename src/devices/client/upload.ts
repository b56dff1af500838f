// `Upload` sends the body of a request to a device, no faster than the device takes it.
import { type ForwardCall, UPLOAD_CREDIT } from '../../contract/call.js';

const NOTHING = new Uint8Array(0);

/** A request body that is read while it is sent. */
export interface StreamedBody {
  /**
   * The source is read once, a chunk at a time, and only while the device takes the chunks. It is closed (by its iterator's
   * `return`) if the rest is not wanted; a call that fails before the first chunk was read does not touch it.
   */
  readonly source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** The exact number of bytes that `source` gives. Undefined: it is not known beforehand, and the body is sent chunked. */
  readonly length: number | undefined;
}

/** Moves a body from its source to its call: at most {@link UPLOAD_CREDIT} bytes are sent and not credited. */
export class Upload {
  readonly #call: ForwardCall;
  readonly #body: StreamedBody;
  /** Bytes that may be sent now. */
  #credit = UPLOAD_CREDIT;
  #sent = 0;
  #isOver = false;
  #wake = (): void => {};

  constructor(call: ForwardCall, body: StreamedBody) {
    this.#call = call;
    this.#body = body;
  }

  /**
   * Sends the body. Rejects with the source's error, or with a RangeError if the source gave more or fewer bytes than
   * `length`.
   */
  async run(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      if (!this.#isOver) throw error;
      // The device does not want the rest of the body, so a failure of its source does not matter.
    } finally {
      this.#isOver = true;
    }
  }

  /** The device took `bytes`. A call that is sent again to another session credits its first bytes twice. */
  credit(bytes: number): void {
    this.#credit = Math.min(UPLOAD_CREDIT, this.#credit + bytes);
    this.#wake();
  }

  /** Stops, as the rest is not wanted: the source is closed as soon as it has given the chunk that is being read. */
  stop(): void {
    this.#isOver = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    const { source, length } = this.#body;
    for await (const chunk of source) {
      await this.#send(chunk);
      if (this.#sent === length) this.#isOver = true;
      // The next chunk is not read before there is credit to send it.
      else await this.#credited();
      if (this.#isOver) return;
    }
    if (length !== undefined) throw new RangeError(`a body of ${length} bytes ended after ${this.#sent}`);
    this.#call.body(NOTHING, true);
  }

  async #send(chunk: Uint8Array): Promise<void> {
    const { length } = this.#body;
    if (length !== undefined && this.#sent + chunk.length > length) {
      throw new RangeError(`a body of ${length} bytes goes on after them`);
    }
    for (let at = 0; at < chunk.length; ) {
      await this.#credited();
      if (this.#isOver) return;
      const piece = chunk.subarray(at, at + this.#credit);
      at += piece.length;
      this.#sent += piece.length;
      this.#credit -= piece.length;
      this.#call.body(piece, this.#sent === length);
    }
  }

  /** Resolves when there is credit, or the upload is over. */
  async #credited(): Promise<void> {
    while (this.#credit === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
