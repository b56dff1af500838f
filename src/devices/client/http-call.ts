// `HttpCall` is one HTTP call of the product to a device, between the forwarder and the code that made the call.
import {
  type ForwardCall,
  type Forwarder,
  type ForwardFailure,
  type ForwardRequest,
  NO_CALL,
  type ResponseHead,
  type ResponseSink,
  type Target,
} from '../../contract/call.js';
import { type CallBounds, CallGuard } from './call-guard.js';
import { DeviceResponse } from './device-response.js';
import { DeviceCallError } from './errors.js';
import { type ReaderEvents, ReadQueue } from './read-queue.js';
import { type StreamedBody, Upload } from './upload.js';

/**
 * Turns a sink's events into a promise of the head and a queue of the body. The call is over when its answer was read to the
 * end, when it failed, or when it was given up: from then on it holds no timer, no listener and no bytes.
 */
export class HttpCall implements ResponseSink, ReaderEvents<Uint8Array> {
  /** Resolves at the head of the answer, or rejects with the error with which the call fails before it. */
  readonly answered: Promise<DeviceResponse>;
  readonly #startedAt = performance.now();
  readonly #body = new ReadQueue<Uint8Array>(this);
  #answer: (response: DeviceResponse) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #call: ForwardCall = NO_CALL;
  #guard: CallGuard | undefined;
  #upload: Upload | undefined;
  /** The whole answer has come. */
  #isComplete = false;
  #isOver = false;

  constructor() {
    this.answered = new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#reject = reject;
    });
  }

  /** Sends the request. Called once. @param body the request's body, of `request.bodyLength` bytes */
  start(
    forwarder: Forwarder,
    target: Target,
    request: ForwardRequest,
    body: StreamedBody | undefined,
    bounds: CallBounds,
  ): void {
    this.#call = forwarder.forward(target, request, this);
    if (this.#isOver) return;
    this.#guard = new CallGuard(bounds, (error) => this.#giveUp(error));
    if (body === undefined || request.bodyLength === 0 || this.#isComplete) return;
    this.#upload = new Upload(this.#call, body);
    this.#upload.run().catch((error) => this.#giveUp(error));
  }

  // ---- ResponseSink

  head(head: ResponseHead, body: Uint8Array, complete: boolean): void {
    if (this.#isOver) return;
    const headMs = performance.now() - this.#startedAt;
    const response = new DeviceResponse(head, headMs, this.#body, () => this.left());
    // A device that refuses a request does not want the rest of its body (RFC 9112 §9.3).
    if (!response.ok) this.#upload?.stop();
    this.#answer(response);
    this.data(body);
    if (complete) this.end();
  }

  data(chunk: Uint8Array): void {
    if (this.#isOver || chunk.length === 0) return;
    // The chunk is only lent, and its reader comes later, so it is copied.
    this.#body.push(Buffer.from(chunk));
  }

  end(): void {
    this.#isComplete = true;
    this.#upload?.stop();
    this.#body.end();
    if (this.#body.length === 0) this.#release();
  }

  fail({ code, detail }: ForwardFailure): void {
    this.#fail(new DeviceCallError(code, { detail }));
  }

  credit(bytes: number): void {
    this.#upload?.credit(bytes);
  }

  // ---- ReaderEvents

  taken(chunk: Uint8Array): void {
    this.#call.consumed(chunk.length);
    if (this.#isComplete && this.#body.length === 0) this.#release();
  }

  left(): void {
    this.#giveUp(new Error('the answer was given up by its reader'));
  }

  // ----

  #giveUp(error: unknown): void {
    if (this.#isOver) return;
    this.#call.abort();
    this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#release();
    this.#upload?.stop();
    this.#reject(error);
    this.#body.drop(error);
  }

  #release(): void {
    this.#isOver = true;
    this.#guard?.release();
  }
}
