// An HTTP exchange is one HTTP/1.1 request and its answer on one stream (02-tunnel.md §2.3).
import type { ForwardFailureCode } from '../../../contract/call.js';
import { CRLF, chunkHead, LAST_CHUNK } from '../../../http1/request-head.js';
import { INITIAL_WINDOW } from '../../yamux/constants.js';
import type { MuxStream } from '../../yamux/contract.js';
import type { SessionIn } from '../wire/session-in.js';
import { BodyExchange } from './body-exchange.js';
import { type AnswerOwner, HttpAnswer } from './http-answer.js';
import type { ExchangePort } from './stream-exchange.js';

/** Writes a request to its stream and has the answer parsed; the device must begin to answer in time. */
export class HttpExchange extends BodyExchange implements AnswerOwner {
  readonly #chunked: boolean;
  readonly #headTimeoutMs: number;
  readonly #answer: HttpAnswer;
  /** Head bytes still to send: they do not count towards upload credit. */
  #headLeft: number;
  /** True if the head of the answer has arrived. */
  #headSeen = false;
  /** The stream's receive window in bytes, as the main thread knows it. */
  #window = INITIAL_WINDOW;

  constructor(port: ExchangePort, open: Extract<SessionIn, { kind: 'open' }>, headTimeoutMs: number) {
    super(port, open.exchange, [open.head], !open.hasBody, headTimeoutMs);
    this.#chunked = open.chunked;
    this.#headTimeoutMs = headTimeoutMs;
    this.#headLeft = open.head.length;
    this.#answer = new HttpAnswer(port, open.exchange, open.mode === 'http-head', this);
  }

  body(bytes: Uint8Array, last: boolean): void {
    if (this.over) return;
    this.uncredited += bytes.length;
    if (bytes.length > 0) {
      if (this.#chunked) this.write(chunkHead(bytes.length));
      this.write(bytes);
      if (this.#chunked) this.write(CRLF);
    }
    if (!last) return;
    this.requestDone = true;
    if (this.#chunked) this.write(LAST_CHUNK);
  }

  override fail(code: ForwardFailureCode, detail: string): void {
    if (!this.over) this.#answer.emitHead();
    super.fail(code, detail);
  }

  // ---- StreamHandler

  sent(_stream: MuxStream, bytes: number): void {
    this.reached = true;
    if (this.over) return;
    if (!this.#headSeen) this.#extend();
    const head = Math.min(bytes, this.#headLeft);
    this.#headLeft -= head;
    if (!this.requestDone) this.earn(bytes - head);
  }

  data(stream: MuxStream, chunk: Uint8Array): void {
    if (this.over) return stream.reset();
    if (stream.receiveWindow !== this.#window) this.#reportWindow(stream.receiveWindow);
    const body = this.#answer.execute(chunk);
    if (!this.over && body < chunk.length) stream.consumed(chunk.length - body);
  }

  end(): void {
    if (!this.over) this.#answer.finish();
  }

  // ---- AnswerOwner

  interim(): void {
    this.#extend();
  }

  headArrived(): void {
    this.#headSeen = true;
    this.deadline = Number.POSITIVE_INFINITY;
  }

  completed(): void {
    const { stream } = this;
    this.finish();
    // A device that answered early may never read the rest of the request: the stream is reset, so that no half of it stays
    // open.
    if (!this.requestDone) stream?.reset();
    // On an idle session the FIN may wait; otherwise another call may wait in the device for the end of this one.
    else if (this.port.isIdle) stream?.endLater();
    else stream?.end();
  }

  failed(code: ForwardFailureCode, detail: string): void {
    this.fail(code, detail);
  }

  // ----

  protected override finish(): void {
    if (this.over) return;
    super.finish();
    this.#answer.free();
  }

  /** Restarts the time for the answer's head: the request is on its way, or the device works on it. */
  #extend(): void {
    this.deadline = this.port.now() + this.#headTimeoutMs;
  }

  #reportWindow(bytes: number): void {
    this.#window = bytes;
    this.port.emit({ kind: 'window', exchange: this.id, bytes });
  }
}
