// `LocalBridge` carries one WebSocket to a device whose tunnel ends in this process.
import type { ForwardFailure, Target } from '../../contract/call.js';
import {
  BAD_GATEWAY,
  type Bridge,
  type BridgeRequest,
  type BridgeSink,
  MAX_WEBSOCKET_MESSAGE,
  UNREAD,
  WEBSOCKET_WINDOW,
} from '../../contract/websocket.js';
import type { SessionRegistryRef, SessionSeeker } from '../registry/session-registry.js';
import type { ExchangeEvent, ExchangeListener } from '../session/main/exchange-listener.js';
import type { TunnelSession } from '../session/main/tunnel-session.js';
import { HeldBytes } from './held-bytes.js';
import { NO_ROOM, type UnreadBudget } from './unread-budget.js';

/** One WebSocket to a device whose tunnel ends in this process. */
export class LocalBridge extends HeldBytes implements Bridge, SessionSeeker, ExchangeListener {
  readonly target: Target;
  readonly minEpoch = 0;
  beganAt = 0;
  readonly #request: BridgeRequest;
  readonly #sink: BridgeSink;
  readonly #budget: UnreadBudget;
  #session: TunnelSession | undefined;
  #exchange = 0;
  #opened = false;
  #over = false;

  constructor(target: Target, request: BridgeRequest, sink: BridgeSink, budget: UnreadBudget) {
    super(budget);
    this.target = target;
    this.#request = request;
    this.#sink = sink;
    this.#budget = budget;
  }

  /** Asks the session registry for a session; a call of `found` or `notFound` follows. */
  seek(registry: SessionRegistryRef): void {
    if (registry.tell({ kind: 'seek', seeker: this })) return;
    this.#fail('overloaded', 'too many calls wait for a session');
  }

  message(data: Uint8Array, binary: boolean): boolean {
    if (this.#over) return true;
    if (this.unsent + data.length > MAX_WEBSOCKET_MESSAGE) return false;
    this.#session?.send({ kind: 'ws-message', exchange: this.#exchange, binary, bytes: data });
    this.sending(data.length);
    return true;
  }

  consumed(bytes: number): void {
    if (this.#over) return;
    this.taken(bytes);
    this.#session?.send({ kind: 'consumed', exchange: this.#exchange, bytes });
  }

  close(code: number, reason: string): void {
    if (this.#over) return;
    this.#session?.send({ kind: 'ws-close', exchange: this.#exchange, code, reason });
    this.#finish();
  }

  found(session: TunnelSession): void {
    if (this.#over) return;
    if (session.busy) return this.#fail('device-busy', 'too many calls are under way on this device');
    if (this.#budget.refuses(session.identity.userId)) return this.#fail(NO_ROOM.code, NO_ROOM.detail);
    this.#session = session;
    this.#exchange = session.listen(this);
    const { target, headers, protocols } = this.#request;
    session.send({ kind: 'ws-open', exchange: this.#exchange, target, headers, protocols });
  }

  notFound(): void {
    this.#fail('device-offline', 'the device has no live tunnel');
  }

  exchangeEvent(event: ExchangeEvent): void {
    switch (event.kind) {
      case 'ws-opened':
        this.#opened = true;
        return this.#sink.opened(event.protocol);
      case 'ws-message':
        return this.#message(event.bytes, event.binary);
      case 'ws-closed':
        this.#finish();
        return this.#sink.closed(event.code === 1006 ? BAD_GATEWAY : event.code, event.reason);
      case 'head':
        this.#finish();
        return this.#sink.refused(event, event.body);
      case 'credit':
        return this.sent(event.bytes);
      case 'fail':
        return this.#fail(event.code, event.detail);
    }
  }

  sessionLost(reached: boolean, detail: string): void {
    if (this.#opened) {
      this.#finish();
      return this.#sink.closed(BAD_GATEWAY, detail);
    }
    this.#fail(reached ? 'tunnel-lost-after-send' : 'tunnel-lost-before-send', detail);
  }

  // ---- HeldBytes

  protected get user(): string | undefined {
    return this.#over ? undefined : this.#session?.identity.userId;
  }

  protected get promised(): number {
    return WEBSOCKET_WINDOW;
  }

  evict(): void {
    this.#session?.send({ kind: 'ws-close', exchange: this.#exchange, ...UNREAD });
    this.#finish();
    this.#sink.overrun();
  }

  // ----

  #message(bytes: Uint8Array, binary: boolean): void {
    this.giving(bytes.length);
    this.#sink.message(bytes, binary);
    this.given();
  }

  #fail(code: ForwardFailure['code'], detail: string): void {
    if (this.#over) return;
    this.#finish();
    this.#sink.fail({ code, detail });
  }

  #finish(): void {
    this.#over = true;
    this.dropHeld();
    this.#session?.forget(this.#exchange);
  }
}
