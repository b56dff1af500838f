import { type ForwardFailureCode, UPLOAD_CREDIT } from '../../../contract/call.js';
import { CRLF, chunkHead, LAST_CHUNK } from '../../../http1/chunk-coding.js';
import { INITIAL_WINDOW } from '../../yamux/constants.js';
import type { MuxStream, StreamHandler } from '../../yamux/contract.js';
import type { YamuxError } from '../../yamux/errors.js';
import type { ExchangeId, SessionIn } from '../wire/messages.js';
import { type AnswerOwner, HttpAnswer } from './http-answer.js';
import type { ExchangePort, StreamExchange } from './stream-exchange.js';
import { tunnelFailure } from './tunnel-failure.js';

/** Upload credit is returned in pieces of at least this many bytes, so that it costs few messages. */
const CREDIT_STEP = UPLOAD_CREDIT / 4;

/** One HTTP/1.1 request and its answer on one stream (02-tunnel.md §2.3). */
export class HttpExchange implements StreamExchange, StreamHandler, AnswerOwner {
  deadline: number;
  readonly #id: ExchangeId;
  readonly #port: ExchangePort;
  readonly #chunked: boolean;
  readonly #headTimeoutMs: number;
  readonly #answer: HttpAnswer;
  /** Encoded bytes that wait for the stream to open. */
  readonly #queue: Uint8Array[];
  #stream: MuxStream | undefined;
  #requestDone: boolean;
  /** Encoded bytes not yet sent that are not body; they earn no upload credit. */
  #headLeft: number;
  /** Body bytes taken from the caller and not yet credited. */
  #uncredited = 0;
  #earned = 0;
  #reached = false;
  #headSeen = false;
  /** The stream's, as the gateway knows it. */
  #window = INITIAL_WINDOW;
  #over = false;

  constructor(port: ExchangePort, open: Extract<SessionIn, { kind: 'open' }>, headTimeoutMs: number) {
    this.#id = open.exchange;
    this.#port = port;
    this.#chunked = open.chunked;
    this.#headTimeoutMs = headTimeoutMs;
    this.#requestDone = !open.hasBody;
    this.#headLeft = open.head.length;
    this.#queue = [open.head];
    this.#answer = new HttpAnswer(port, open.exchange, open.mode === 'http-head', this);
    this.deadline = port.now() + headTimeoutMs;
  }

  start(): void {
    const stream = this.#port.mux.open(this);
    if (stream === undefined) return this.fail('stream-refused', 'the tunnel accepts no more streams');
    this.#stream = stream;
    for (const bytes of this.#queue) stream.write(bytes);
    this.#queue.length = 0;
  }

  body(bytes: Uint8Array, last: boolean): void {
    if (this.#over) return;
    this.#uncredited += bytes.length;
    if (bytes.length > 0) {
      if (this.#chunked) this.#send(chunkHead(bytes.length));
      this.#send(bytes);
      if (this.#chunked) this.#send(CRLF);
    }
    if (!last) return;
    this.#requestDone = true;
    if (this.#chunked) this.#send(LAST_CHUNK);
  }

  consumed(bytes: number): void {
    this.#stream?.consumed(bytes);
  }

  abort(): void {
    this.#finish();
    this.#stream?.reset();
  }

  fail(code: ForwardFailureCode, detail: string): void {
    if (this.#over) return;
    this.#answer.release();
    this.#port.emit({ kind: 'fail', exchange: this.#id, code, reached: this.#reached, detail });
    this.abort();
  }

  encoded(chunk: Uint8Array): void {
    this.#port.release(chunk);
  }

  sent(_stream: MuxStream, bytes: number): void {
    this.#reached = true;
    if (this.#over) return;
    if (!this.#headSeen) this.#extend();
    const head = Math.min(bytes, this.#headLeft);
    this.#headLeft -= head;
    if (this.#requestDone) return;
    this.#earned = Math.min(this.#earned + bytes - head, this.#uncredited);
    if (this.#earned < CREDIT_STEP) return;
    this.#uncredited -= this.#earned;
    this.#port.emit({ kind: 'credit', exchange: this.#id, bytes: this.#earned });
    this.#earned = 0;
  }

  data(stream: MuxStream, chunk: Uint8Array): void {
    if (this.#over) return stream.reset();
    if (stream.receiveWindow !== this.#window) this.#tellWindow(stream.receiveWindow);
    const body = this.#answer.execute(chunk);
    if (!this.#over && body < chunk.length) stream.consumed(chunk.length - body);
  }

  end(): void {
    if (!this.#over) this.#answer.finish();
  }

  reset(_stream: MuxStream, error: YamuxError): void {
    this.#stream = undefined;
    this.fail(tunnelFailure(error, this.#reached), error.message);
  }

  drain(): void {
    // Upload credit bounds what waits in the stream: nobody was told to stop.
  }

  interim(): void {
    this.#extend();
  }

  headArrived(): void {
    this.#headSeen = true;
    this.deadline = Number.POSITIVE_INFINITY;
  }

  completed(): void {
    const stream = this.#stream;
    this.#finish();
    // A device that answered early may never read the rest of the request: leave it no half stream.
    if (!this.#requestDone) stream?.reset();
    // Another call may wait in the device for the end of this one.
    else if (this.#port.isIdle) stream?.endLater();
    else stream?.end();
  }

  failed(code: ForwardFailureCode, detail: string): void {
    this.fail(code, detail);
  }

  #extend(): void {
    this.deadline = this.#port.now() + this.#headTimeoutMs;
  }

  #tellWindow(bytes: number): void {
    this.#window = bytes;
    this.#port.emit({ kind: 'window', exchange: this.#id, bytes });
  }

  #send(bytes: Uint8Array): void {
    if (this.#stream === undefined) this.#queue.push(bytes);
    else this.#stream.write(bytes);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.deadline = Number.POSITIVE_INFINITY;
    this.#queue.length = 0;
    this.#answer.free();
    this.#port.finished(this.#id);
  }
}
