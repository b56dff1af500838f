// A body exchange writes the caller's bytes to its stream and returns upload credit for them; HTTP calls and raw streams are
// body exchanges.
import { type ForwardFailureCode, UPLOAD_CREDIT } from '../../../contract/call.js';
import type { MuxStream, StreamHandler, YamuxError } from '../../yamux/contract.js';
import type { ExchangeId } from '../wire/session-in.js';
import type { ExchangePort, StreamExchange } from './stream-exchange.js';

/** Upload credit is returned in pieces of at least this many bytes, so that it costs few messages. */
const CREDIT_STEP = UPLOAD_CREDIT / 4;

/** Sends the bytes of one caller on one stream: they wait until the stream opens, and earn credit as they leave. */
export abstract class BodyExchange implements StreamExchange, StreamHandler {
  deadline: number;
  protected readonly id: ExchangeId;
  protected readonly port: ExchangePort;
  protected stream: MuxStream | undefined;
  /** True if some of the request may have reached the device. */
  protected reached = false;
  /** True if the caller has sent the last of its body. */
  protected requestDone: boolean;
  /** Body bytes of the caller for which no credit was returned. */
  protected uncredited = 0;
  protected over = false;
  /** Encoded bytes that wait for the stream to open. */
  readonly #queue: Uint8Array[];
  #earned = 0;

  /** @param queue the first bytes of the stream @param timeoutMs how long the exchange may wait for its stream */
  constructor(
    port: ExchangePort,
    id: ExchangeId,
    queue: Uint8Array[],
    requestDone: boolean,
    timeoutMs: number,
  ) {
    this.id = id;
    this.port = port;
    this.#queue = queue;
    this.requestDone = requestDone;
    this.deadline = port.now() + timeoutMs;
  }

  abstract body(bytes: Uint8Array, last: boolean): void;
  abstract sent(stream: MuxStream, bytes: number): void;
  abstract data(stream: MuxStream, chunk: Uint8Array): void;
  abstract end(): void;

  start(): void {
    const stream = this.port.mux.open(this);
    if (stream === undefined) return this.fail('stream-refused', 'the tunnel accepts no more streams');
    this.stream = stream;
    for (const bytes of this.#queue) stream.write(bytes);
    this.#queue.length = 0;
  }

  consumed(bytes: number): void {
    this.stream?.consumed(bytes);
  }

  abort(): void {
    this.finish();
    this.stream?.reset();
  }

  fail(code: ForwardFailureCode, detail: string): void {
    if (this.over) return;
    this.port.emit({ kind: 'fail', exchange: this.id, code, reached: this.reached, detail });
    this.abort();
  }

  // ---- StreamHandler

  encoded(chunk: Uint8Array): void {
    this.port.release(chunk);
  }

  reset(_stream: MuxStream, error: YamuxError): void {
    this.stream = undefined;
    this.fail(tunnelFailure(error, this.reached), error.message);
  }

  drain(): void {
    // Upload credit bounds the bytes that wait in the stream, so the caller was not asked to stop.
  }

  // ----

  /** Writes encoded bytes, or keeps them until the stream opens. */
  protected write(bytes: Uint8Array): void {
    if (this.stream === undefined) this.#queue.push(bytes);
    else this.stream.write(bytes);
  }

  /** Returns credit for `bytes` of the body that left; bytes that encoding added earn none. */
  protected earn(bytes: number): void {
    this.#earned = Math.min(this.#earned + bytes, this.uncredited);
    if (this.#earned < CREDIT_STEP) return;
    this.uncredited -= this.#earned;
    this.port.emit({ kind: 'credit', exchange: this.id, bytes: this.#earned });
    this.#earned = 0;
  }

  protected finish(): void {
    if (this.over) return;
    this.over = true;
    this.deadline = Number.POSITIVE_INFINITY;
    this.#queue.length = 0;
    this.port.finished(this.id);
  }
}

/** The failure that the end of a stream means to the caller. @param reached some of the request may have reached the device */
function tunnelFailure(error: YamuxError, reached: boolean): ForwardFailureCode {
  switch (error.code) {
    case 'ERR_YAMUX_STREAM_REFUSED':
      return 'stream-refused';
    case 'ERR_YAMUX_STREAM_RESET':
    case 'ERR_YAMUX_STREAM_CLOSE_TIMEOUT':
      return 'bad-device-response';
    case 'ERR_YAMUX_STREAM_OPEN_TIMEOUT':
      return 'device-timeout';
    default:
      return reached ? 'tunnel-lost-after-send' : 'tunnel-lost-before-send';
  }
}
