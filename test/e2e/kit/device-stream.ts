// DeviceStream is a stream of a device's tunnel, which a test reads and writes byte by byte.
import { once } from 'node:events';
import type { StreamDuplex } from '../../../src/tunnel/yamux/duplex.js';

/** A stream that the relay opened, as a test drives it: only the test's calls read or write on it. */
export class DeviceStream {
  readonly duplex: StreamDuplex;
  /** Resolves when the relay is done with the stream: `FIN` when it half-closed, `RST` when it reset the stream. */
  readonly ended: Promise<'FIN' | 'RST'>;
  #read = Buffer.alloc(0);

  constructor(duplex: StreamDuplex) {
    this.duplex = duplex;
    // The error is dropped, because `ended` reports a reset.
    duplex.on('error', () => {});
    this.ended = new Promise((resolve) => {
      duplex.once('end', () => resolve('FIN'));
      duplex.once('close', () => resolve('RST'));
    });
  }

  /** Reads the request's head, including its empty line. */
  async head(): Promise<string> {
    const end = '\r\n\r\n';
    while (!this.#read.includes(end)) await this.#more();
    return this.#take(this.#read.indexOf(end) + end.length).toString('latin1');
  }

  /** Reads exactly the next `size` bytes. */
  async read(size: number): Promise<Buffer> {
    while (this.#read.length < size) await this.#more();
    return this.#take(size);
  }

  /** The bytes that came and were not read yet. */
  buffered(): Buffer {
    return this.#take(this.#read.length);
  }

  /** Reads and drops all bytes that come, so that `ended` can report a FIN. */
  drain(): this {
    this.duplex.resume();
    return this;
  }

  /** Sends bytes; resolves when the session has taken them. */
  write(bytes: string | Uint8Array): Promise<void> {
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    return new Promise((resolve, reject) => {
      this.duplex.write(data, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Sends an answer with a body and a FIN. */
  async answer(body: string, head = 'HTTP/1.1 200 OK\r\n'): Promise<void> {
    await this.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    this.end();
  }

  /** Sends a FIN. */
  end(): void {
    this.duplex.end();
  }

  /** Sends a RST. */
  reset(): void {
    this.duplex.destroy();
  }

  async #more(): Promise<void> {
    const chunk: Buffer | null = this.duplex.read();
    if (chunk !== null) this.#read = Buffer.concat([this.#read, chunk]);
    else if (this.duplex.readableEnded || this.duplex.destroyed) throw new Error('the stream has ended');
    else await Promise.race([once(this.duplex, 'readable'), this.ended]);
  }

  #take(size: number): Buffer {
    const taken = this.#read.subarray(0, size);
    this.#read = this.#read.subarray(size);
    return taken;
  }
}
