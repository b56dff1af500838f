// `ProxyCall` carries one call to a device over remote-proxy's internal API.
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import {
  type ForwardCall,
  type ForwardFailure,
  type ForwardRequest,
  type ResponseHead,
  type ResponseSink,
  UPLOAD_CREDIT,
} from '../../contract/call.js';
import { CALLER_STALLED, DEVICE_STALLED, HeldBytes } from '../forward/held-bytes.js';
import type { UnreadBudget } from '../forward/unread-budget.js';
import { readProxyAnswer } from './proxy-answer.js';
import { answerFailure, connectionFailure } from './proxy-failure.js';
import { ANSWER_WINDOW, MAX_PROBLEM_BYTES } from './proxy-limits.js';

const NOTHING = new Uint8Array(0);

/** The forwarder, as its calls see it. */
export interface ProxyConnections {
  readonly budget: UnreadBudget;
  /** Sends one request, and reports to `call` as the handler. */
  dispatch(path: string, headers: string[], body: Buffer | Readable | null, call: ProxyCall): void;
  /** The call holds no connection any more. Called once. */
  released(call: ProxyCall): void;
}

function releaseHead(call: ProxyCall): void {
  call.releaseHead();
}

function readOn(call: ProxyCall): void {
  call.readOn();
}

/** An answer that is not a device's, as far as it has arrived. */
interface Refusal {
  readonly status: number;
  readonly origin: string | undefined;
  readonly parts: Buffer[];
  size: number;
}

/**
 * One call over the internal API. It is a handler of undici's older kind, which gives headers as they came; the newer kind
 * makes an object of them for every answer. The request leaves with the first bytes of its body.
 */
export class ProxyCall extends HeldBytes implements ForwardCall, Dispatcher.DispatchHandler {
  readonly #carrier: ProxyConnections;
  protected readonly user: string;
  readonly #path: string;
  readonly #headers: string[];
  readonly #request: ForwardRequest;
  readonly #sink: ResponseSink;
  #upload: Readable | undefined;
  #dispatched = false;
  #abort: (() => void) | undefined;
  #resume: (() => void) | undefined;
  /** The head and the first bytes are held until it is known whether they are the whole answer. */
  #held: ResponseHead | undefined;
  #first: Uint8Array = NOTHING;
  #refusal: Refusal | undefined;
  #paused = false;
  /** True if the sink gets no more events. */
  #over = false;

  /**
   * @param headers of the carrying request, the caller's included
   * @param user the user who has to read the answer
   */
  constructor(
    carrier: ProxyConnections,
    user: string,
    path: string,
    headers: string[],
    request: ForwardRequest,
    sink: ResponseSink,
  ) {
    super(carrier.budget);
    this.#carrier = carrier;
    this.user = user;
    this.#path = path;
    this.#headers = headers;
    this.#request = request;
    this.#sink = sink;
  }

  /** Sends a request that has no body; a request with a body waits for the first bytes of the body. */
  start(): void {
    if (this.#request.bodyLength === 0) this.#dispatch(null);
  }

  /** Fails the call, because remote-proxy is given up. */
  connectionLost(detail: string): void {
    this.#fail({ code: this.#abort === undefined ? 'proxy-unreachable' : 'proxy-broke-off', detail });
    this.#letGo();
  }

  // ---- ForwardCall

  body(chunk: Uint8Array, last: boolean): void {
    if (this.#over) return;
    // The caller's bytes are valid only until this returns.
    const bytes = Buffer.from(chunk);
    this.sending(bytes.length);
    if (this.#over) return;
    if (!this.#dispatched && last) return this.#dispatch(bytes);
    if (!this.#dispatched) this.#dispatch(this.#openUpload());
    this.#upload?.push(bytes);
    if (last) this.#upload?.push(null);
  }

  consumed(bytes: number): void {
    this.taken(bytes);
    if (this.#over) return;
    if (!this.#paused || this.unread > ANSWER_WINDOW / 2) return;
    this.#paused = false;
    // Reading goes on in a later tick: the sink is in the middle of its work, and must not be given the next bytes now.
    process.nextTick(readOn, this);
  }

  abort(): void {
    this.dropHeld();
    if (this.#over) return;
    this.#end();
    this.#letGo();
  }

  // ---- HeldBytes

  protected get promised(): number {
    return this.#over ? 0 : ANSWER_WINDOW;
  }

  evict(): void {
    const isAnswered = this.#resume !== undefined && this.#held === undefined;
    if (!this.#over) {
      this.#end();
      this.#letGo();
    }
    this.dropHeld();
    this.#sink.fail(isAnswered ? CALLER_STALLED : DEVICE_STALLED);
  }

  // ---- DispatchHandler

  onConnect(abort: () => void): void {
    this.#abort = abort;
    if (this.#over) abort();
  }

  /** Counts the bytes that were sent; undici passes the bytes themselves, contrary to its types. */
  onBodySent(sent: unknown): void {
    if (this.#over) return;
    const { length } = sent as Uint8Array;
    this.sent(length);
    if (this.#upload !== undefined) this.#sink.credit(length);
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, reason: string): boolean {
    if (status < 200 || this.#over) return true;
    this.#resume = resume;
    const { origin, head, framed } = readProxyAnswer(status, reason, raw, this.#request.method === 'HEAD');
    if (origin !== 'device') {
      this.#refusal = { status, origin, parts: [], size: 0 };
    } else if (framed) {
      this.#held = head;
      process.nextTick(releaseHead, this);
    } else this.#breakOff('its answer has no end of its own');
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#over) return true;
    if (this.#refusal !== undefined) return this.#refused(this.#refusal, chunk);
    this.giving(chunk.length);
    if (this.#held !== undefined && this.#first.length === 0) this.#first = chunk;
    else {
      this.releaseHead();
      this.#sink.data(chunk);
      this.given();
    }
    this.#paused = this.unread > ANSWER_WINDOW;
    return !this.#paused;
  }

  onComplete(): void {
    this.#carrier.released(this);
    if (this.#over) return;
    if (this.#refusal !== undefined) {
      const { status, origin, parts } = this.#refusal;
      return this.#fail(answerFailure(status, origin, Buffer.concat(parts)));
    }
    const [held, first] = [this.#held, this.#first];
    this.#end();
    if (held === undefined) this.#sink.end();
    else this.#sink.head(held, first, true);
    this.given();
  }

  onError(error: Error): void {
    this.#carrier.released(this);
    if (this.#over) return;
    this.releaseHead();
    this.#fail(connectionFailure(error, this.#abort !== undefined));
  }

  // ----

  /** Passes on a head that was held back. */
  releaseHead(): void {
    const [held, first] = [this.#held, this.#first];
    if (held === undefined) return;
    this.#held = undefined;
    this.#first = NOTHING;
    this.#sink.head(held, first, false);
    this.given();
  }

  /** Reads on after a pause. */
  readOn(): void {
    if (!this.#over) this.#resume?.();
  }

  #openUpload(): Readable {
    this.#upload = new Readable({ read() {}, highWaterMark: UPLOAD_CREDIT });
    // `onError` reports how the call ended.
    this.#upload.on('error', () => {});
    return this.#upload;
  }

  #dispatch(body: Buffer | Readable | null): void {
    this.#dispatched = true;
    const { bodyLength } = this.#request;
    if (body instanceof Readable && bodyLength !== undefined) {
      this.#headers.push('content-length', String(bodyLength));
    }
    this.#carrier.dispatch(this.#path, this.#headers, body, this);
  }

  #refused(refusal: Refusal, chunk: Buffer): boolean {
    refusal.size += chunk.length;
    if (refusal.size > MAX_PROBLEM_BYTES) this.#breakOff('its problem document is too large');
    else refusal.parts.push(chunk);
    return true;
  }

  #breakOff(detail: string): void {
    this.#fail({ code: 'proxy-broke-off', detail });
    this.#letGo();
  }

  #fail(failure: ForwardFailure): void {
    if (this.#over) return;
    this.#end();
    this.dropHeld();
    this.#sink.fail(failure);
  }

  /** Gives the connection up; a call that was not dispatched has none. */
  #letGo(): void {
    if (!this.#dispatched) this.#carrier.released(this);
    this.#dispatched = true;
    this.#abort?.();
  }

  #end(): void {
    this.#over = true;
    this.dropUnsent();
    this.#held = undefined;
    this.#first = NOTHING;
    this.#upload?.destroy();
  }
}
