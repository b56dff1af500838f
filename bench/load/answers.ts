// `Answers` reads the answers of one keep-alive connection.
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** Reads the answers of a keep-alive connection. Bodies are counted and not kept; they must have a length. */
export class Answers {
  readonly #answered: (status: number, bodyLength: number) => void;
  #head: Buffer | undefined;
  #status = 0;
  #length = 0;
  /** The bytes of the body that are still to come; undefined while a head is read. */
  #left: number | undefined;

  /** @param answered is called for each answer when its last byte has come */
  constructor(answered: (status: number, bodyLength: number) => void) {
    this.#answered = answered;
  }

  /** Reads bytes of the connection. @throws if they are not an answer with a Content-Length */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === undefined) at = this.#readHead(chunk, at);
      else {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
      }
      if (this.#left === 0) {
        this.#left = undefined;
        this.#answered(this.#status, this.#length);
      }
    }
  }

  /** Reads a part of a head. @returns where the body begins, or the end of the chunk */
  #readHead(chunk: Buffer, from: number): number {
    const kept = this.#head?.length ?? 0;
    const bytes = this.#head === undefined ? chunk.subarray(from) : Buffer.concat([this.#head, chunk]);
    const end = bytes.indexOf(END_OF_HEAD);
    if (end < 0) {
      this.#head = bytes;
      return chunk.length;
    }
    this.#head = undefined;
    const head = bytes.toString('latin1', 0, end);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
    if (Number.isNaN(status + length)) throw new Error(`no answer with a length: ${head.slice(0, 200)}`);
    this.#status = status;
    this.#length = length;
    this.#left = length;
    return from + end + END_OF_HEAD.length - kept;
  }
}
