// RecordedCall is a call to a device that keeps all that it is told.
import { EventEmitter, once } from 'node:events';
import {
  type ForwardCall,
  type Forwarder,
  type ForwardFailure,
  type ForwardRequest,
  type ResponseHead,
  type ResponseSink,
  type Target,
  UPLOAD_CREDIT,
} from '../../../src/contract/call.js';

/** A request for a device; a GET of / unless told otherwise. */
export function request(over: Partial<ForwardRequest> = {}): ForwardRequest {
  return { method: 'GET', target: '/', headers: ['host', 'device.test'], bodyLength: 0, ...over };
}

/** A call under way, and all that it told its sink. Consumes what comes, unless it is told to hold it. */
export class RecordedCall implements ResponseSink {
  readonly call: ForwardCall;
  readonly events: string[] = [];
  readonly parts: Buffer[] = [];
  answer: ResponseHead | undefined;
  failure: ForwardFailure | undefined;
  /** Bytes that came and were not consumed. */
  held = 0;
  /** Upload bytes that may be sent now. */
  allowed = UPLOAD_CREDIT;
  /** Bytes of the upload for which credit came back. */
  credited = 0;
  holding: boolean;
  ended = false;
  readonly #changes = new EventEmitter().setMaxListeners(0);

  constructor(forwarder: Forwarder, target: Target, request: ForwardRequest, holding = false) {
    this.holding = holding;
    this.call = forwarder.forward(target, request, this);
    this.events.push('returned');
  }

  /** Resolves with it once it ended, well or not. */
  async over(): Promise<this> {
    await this.until(() => this.ended);
    return this;
  }

  /** Resolves once `done` holds; looked at after every event. */
  async until(done: () => boolean): Promise<void> {
    while (!done()) await once(this.#changes, 'change');
  }

  get body(): Buffer {
    return Buffer.concat(this.parts);
  }

  /** Sends `bytes` as its credit allows. */
  async upload(bytes: Buffer, size = 64 * 1024): Promise<void> {
    for (let at = 0; at < bytes.length; at += size) {
      const chunk = bytes.subarray(at, at + size);
      await this.until(() => this.allowed >= chunk.length || this.ended);
      if (this.ended) return;
      this.allowed -= chunk.length;
      // As uWebSockets.js does, which reuses the memory.
      const lent = Buffer.from(chunk);
      this.call.body(lent, at + size >= bytes.length);
      lent.fill(0);
    }
  }

  /** Consumes what was held, and from now on what comes. */
  release(): void {
    this.holding = false;
    const { held } = this;
    this.held = 0;
    this.call.consumed(held);
  }

  head(answer: ResponseHead, body: Uint8Array, complete: boolean): void {
    this.answer = answer;
    this.events.push(complete ? 'head complete' : 'head');
    if (body.length > 0) this.#take(body);
    if (complete) this.ended = true;
    this.#changes.emit('change');
  }

  data(chunk: Uint8Array): void {
    if (this.events.at(-1) !== 'data') this.events.push('data');
    this.#take(chunk);
    this.#changes.emit('change');
  }

  end(): void {
    this.#over('end');
  }

  fail(failure: ForwardFailure): void {
    this.failure = failure;
    this.#over('fail');
  }

  credit(bytes: number): void {
    this.allowed += bytes;
    this.credited += bytes;
    this.#changes.emit('change');
  }

  #take(chunk: Uint8Array): void {
    this.parts.push(Buffer.from(chunk));
    this.held += chunk.length;
    if (this.holding || this.call === undefined) return;
    const { held } = this;
    this.held = 0;
    this.call.consumed(held);
  }

  #over(how: string): void {
    this.events.push(how);
    this.ended = true;
    this.#changes.emit('change');
  }
}
