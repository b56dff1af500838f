// `StreamDuplex` makes a Node stream of a yamux stream.
import { Duplex, type DuplexOptions } from 'node:stream';
import type { MuxSession, MuxStream, StreamHandler } from './contract.js';

/** The options of a duplex; the rest of Node's options would break its bookkeeping. */
export type StreamDuplexOptions = Pick<
  DuplexOptions,
  'allowHalfOpen' | 'readableHighWaterMark' | 'writableHighWaterMark'
>;

/**
 * A mux stream as a Node stream, to run node:http or ws over it. Credit goes back when the reader takes bytes out, `write`
 * waits when the peer is slow, `finish` means that all bytes are framed, and an early `destroy` sends an RST. A written
 * chunk must not be changed afterwards, even after its callback ran: it may still be queued.
 */
export class StreamDuplex extends Duplex {
  readonly handler: StreamHandler;
  #stream: MuxStream | undefined;
  /** Bytes that wait in the readable buffer above its mark: their credit is held back. */
  #held = 0;
  #onDrain: ((error?: Error | null) => void) | undefined;
  #onFlushed: ((error?: Error | null) => void) | undefined;

  /** Opens a stream. @returns undefined while the session cannot open one */
  static open(session: MuxSession, options?: StreamDuplexOptions): StreamDuplex | undefined {
    const duplex = new StreamDuplex(options);
    duplex.#stream = session.open(duplex.handler);
    return duplex.#stream === undefined ? undefined : duplex;
  }

  /** Wraps a stream of the peer; give `handler` back from `SessionHandler.incoming`. */
  static accept(stream: MuxStream, options?: StreamDuplexOptions): StreamDuplex {
    const duplex = new StreamDuplex(options);
    duplex.#stream = stream;
    return duplex;
  }

  private constructor(options: StreamDuplexOptions = {}) {
    super({ ...options, objectMode: false, emitClose: true, autoDestroy: true });
    this.handler = {
      data: (stream, chunk) => this.#receive(stream, chunk),
      end: () => this.push(null),
      reset: (_stream, error) => this.destroy(error),
      drain: () => this.#drained(),
      sent: (stream) => this.#flushed(stream),
    };
  }

  override _read(): void {
    const bytes = this.#held;
    this.#held = 0;
    if (bytes > 0) this.#stream?.consumed(bytes);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#stream?.write(chunk)) done();
    else this.#onDrain = done;
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream?.end();
    if (this.#stream === undefined || this.#stream.queued === 0) done();
    else this.#onFlushed = done;
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const isComplete = error === null && this.writableFinished && this.readableEnded;
    if (!isComplete) this.#stream?.reset();
    this.#onDrain = undefined;
    this.#onFlushed = undefined;
    done(error);
  }

  #receive(stream: MuxStream, chunk: Uint8Array): void {
    const wantsMore = this.push(Buffer.from(chunk));
    if (wantsMore) stream.consumed(chunk.length);
    else this.#held += chunk.length;
  }

  #drained(): void {
    const done = this.#onDrain;
    this.#onDrain = undefined;
    done?.();
  }

  #flushed(stream: MuxStream): void {
    if (this.#onFlushed === undefined || stream.queued > 0) return;
    const done = this.#onFlushed;
    this.#onFlushed = undefined;
    done();
  }
}
