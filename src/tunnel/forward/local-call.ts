// `LocalCall` carries one call to a device whose tunnel ends in this process.
import type {
  ForwardCall,
  ForwardFailure,
  ForwardFailureCode,
  ForwardRequest,
  ResponseSink,
  Target,
} from '../../contract/call.js';
import type { SessionRegistryRef, SessionSeeker } from '../registry/session-registry.js';
import type { ExchangeEvent, ExchangeListener } from '../session/main/exchange-listener.js';
import type { TunnelSession } from '../session/main/tunnel-session.js';
import { INITIAL_WINDOW } from '../yamux/constants.js';
import { CALLER_STALLED, DEVICE_STALLED, HeldBytes } from './held-bytes.js';
import { maySendAgain, REPLAY_BYTES } from './retry.js';
import { NO_ROOM, type UnreadBudget } from './unread-budget.js';

interface BodyPart {
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

/** The parts of a body that has none yet: all calls share this list, as most have no body, and nothing is added to it. */
const NO_PARTS: BodyPart[] = [];

/**
 * One call to a session of this process. If its tunnel is lost before an answer began, it is sent once more to the
 * session that replaced it, provided that it cannot have reached the device or is idempotent (02-tunnel.md §2.3).
 */
export class LocalCall extends HeldBytes implements ForwardCall, SessionSeeker, ExchangeListener {
  readonly target: Target;
  minEpoch = 0;
  beganAt = 0;
  readonly #registry: SessionRegistryRef;
  readonly #request: ForwardRequest;
  readonly #head: Uint8Array;
  readonly #sink: ResponseSink;
  readonly #budget: UnreadBudget;
  readonly #retried: () => void;
  #session: TunnelSession | undefined;
  #exchange = 0;
  /** The whole body so far, while a retry may need it; undefined once the call cannot be sent again. */
  #parts: BodyPart[] | undefined = NO_PARTS;
  /** Bytes in `#parts`. */
  #kept = 0;
  /** How the first attempt failed; `reached`: the device may have seen that attempt. */
  #retryOf: (ForwardFailure & { readonly reached: boolean }) | undefined;
  #answered = false;
  #window = INITIAL_WINDOW;
  #over = false;

  /** @param head the encoded request head; the call keeps it */
  constructor(
    registry: SessionRegistryRef,
    target: Target,
    request: ForwardRequest,
    head: Uint8Array,
    sink: ResponseSink,
    budget: UnreadBudget,
    retried: () => void,
  ) {
    super(budget);
    this.#registry = registry;
    this.target = target;
    this.#request = request;
    this.#head = head;
    this.#sink = sink;
    this.#budget = budget;
    this.#retried = retried;
  }

  /** Asks the session registry for a session; a call of `found` or `notFound` follows. */
  seek(): void {
    if (this.#registry.tell({ kind: 'seek', seeker: this })) return;
    this.#fail('overloaded', 'too many calls wait for a session');
  }

  // ---- ForwardCall

  body(chunk: Uint8Array, last: boolean): void {
    if (this.#over) return;
    this.#keep(chunk, last);
    this.#session?.sendBody(this.#exchange, chunk, last);
    this.sending(chunk.length);
  }

  consumed(bytes: number): void {
    this.taken(bytes);
    if (!this.#over) this.#session?.send({ kind: 'consumed', exchange: this.#exchange, bytes });
  }

  abort(): void {
    this.dropHeld();
    if (this.#over) return;
    this.#session?.send({ kind: 'abort', exchange: this.#exchange });
    this.#finish();
  }

  // ---- SessionSeeker

  found(session: TunnelSession): void {
    if (this.#over) return;
    if (session.busy) return this.#fail('device-busy', 'too many calls are under way on this device');
    if (this.#budget.refuses(session.identity.userId)) return this.#fail(NO_ROOM.code, NO_ROOM.detail);
    this.#session = session;
    this.#exchange = session.listen(this);
    const { bodyLength, method } = this.#request;
    session.send({
      kind: 'open',
      exchange: this.#exchange,
      mode: method === 'HEAD' ? 'http-head' : 'http',
      chunked: bodyLength === undefined,
      hasBody: bodyLength !== 0,
      head: this.#head,
    });
    for (const { bytes, last } of this.#parts ?? NO_PARTS) {
      session.sendBody(this.#exchange, bytes, last);
    }
    if (this.#retryOf !== undefined || this.#kept > REPLAY_BYTES) this.#parts = undefined;
    // Counts the bytes that came before it was known whose share they belong to.
    this.sending(0);
  }

  notFound(): void {
    if (this.#over) return;
    const { code, detail } = this.#retryOf ?? {
      code: 'device-offline',
      detail: 'the device has no live tunnel',
    };
    this.#fail(code, detail);
  }

  // ---- ExchangeListener

  exchangeEvent(event: ExchangeEvent): void {
    switch (event.kind) {
      case 'head':
        this.#answered = true;
        this.#parts = undefined;
        if (event.complete) this.#finish();
        this.giving(event.body.length);
        this.#sink.head(event, event.body, event.complete);
        return this.given();
      case 'data':
        this.giving(event.bytes.length);
        this.#sink.data(event.bytes);
        return this.given();
      case 'end':
        this.#finish();
        this.#sink.end();
        return this.given();
      case 'window':
        this.#window = event.bytes;
        return;
      case 'credit':
        this.sent(event.bytes);
        return this.#sink.credit(event.bytes);
      case 'fail':
        this.#session?.forget(this.#exchange);
        return this.#failed(event.code, event.reached, event.detail);
    }
  }

  sessionLost(reached: boolean, detail: string): void {
    this.#failed(reached ? 'tunnel-lost-after-send' : 'tunnel-lost-before-send', reached, detail);
  }

  // ---- HeldBytes

  protected get user(): string | undefined {
    return this.#session?.identity.userId;
  }

  protected get promised(): number {
    return this.#over ? 0 : this.#window;
  }

  evict(): void {
    if (!this.#over) {
      this.#session?.send({ kind: 'abort', exchange: this.#exchange });
      this.#finish();
    }
    this.dropHeld();
    this.#sink.fail(this.#answered ? CALLER_STALLED : DEVICE_STALLED);
  }

  // ----

  #failed(code: ForwardFailureCode, reached: boolean, detail: string): void {
    const epoch = this.#session?.identity.epoch ?? 0;
    this.#session = undefined;
    if (!this.#mayRetry(code, reached)) return this.#fail(code, detail, reached);
    this.#retryOf = { code, detail, reached };
    this.minEpoch = epoch + 1;
    this.#retried();
    this.seek();
  }

  #mayRetry(code: ForwardFailureCode, reached: boolean): boolean {
    if (this.#over || this.#answered || this.#retryOf !== undefined) return false;
    return this.#parts !== undefined && maySendAgain(this.#request.method, code, reached);
  }

  /**
   * Keeps a part for a retry. Without a session every part is kept: nothing was sent yet, and a caller without credit stops
   * soon.
   */
  #keep(chunk: Uint8Array, last: boolean): void {
    if (this.#parts === undefined) return;
    this.#kept += chunk.length;
    if (this.#session !== undefined && this.#kept > REPLAY_BYTES) {
      this.#parts = undefined;
      return;
    }
    if (this.#parts === NO_PARTS) this.#parts = [];
    this.#parts.push({ bytes: Buffer.from(chunk), last });
  }

  /** @param reached the device may have seen this attempt; if false, it may still have seen the one before */
  #fail(code: ForwardFailureCode, detail: string, reached = false): void {
    if (this.#over) return;
    const before = this.#retryOf;
    this.#finish();
    this.dropHeld();
    if (reached || !before?.reached) this.#sink.fail({ code, detail });
    else this.#sink.fail({ code: before.code, detail: before.detail });
  }

  #finish(): void {
    this.#over = true;
    this.dropUnsent();
    this.#parts = undefined;
    this.#session?.forget(this.#exchange);
  }
}
