import { MAX_WEBSOCKET_MESSAGE, WEBSOCKET_WINDOW } from '../session/limits.js';
import type { SessionSeeker, SessionSupervisorRef } from '../session/session-supervisor.js';
import type { ExchangeEvent, ExchangeListener, TunnelSession } from '../session/tunnel-session.js';
import { BAD_GATEWAY, type Bridge, type BridgeRequest, type BridgeSink, UNREAD } from './bridge-contract.js';
import type { ForwardFailure, Target } from './contract.js';
import { NO_ROOM, type Reader, type Unread, type UnreadBudget } from './unread-budget.js';

/** One WebSocket to a device of this process. */
export class LocalBridge implements Bridge, SessionSeeker, ExchangeListener, Reader {
  readonly target: Target;
  readonly minEpoch = 0;
  beganAt = 0;
  readonly #request: BridgeRequest;
  readonly #sink: BridgeSink;
  readonly #budget: UnreadBudget;
  #session: TunnelSession | undefined;
  #exchange = 0;
  #opened = false;
  /** Bytes of messages given to the session that have not left for the device. */
  #outstanding = 0;
  /** Bytes of messages that the caller has not taken. */
  #held = 0;
  /** Made when the caller first leaves some. */
  #unread: Unread | undefined;
  #over = false;

  constructor(target: Target, request: BridgeRequest, sink: BridgeSink, budget: UnreadBudget) {
    this.target = target;
    this.#request = request;
    this.#sink = sink;
    this.#budget = budget;
  }

  /** Asks the supervisor for a session; `found` or `notFound` follows. */
  seek(supervisor: SessionSupervisorRef): void {
    if (supervisor.tell({ kind: 'seek', seeker: this })) return;
    this.#fail('overloaded', 'too many calls wait for a session');
  }

  message(data: Uint8Array, binary: boolean): boolean {
    if (this.#over) return true;
    this.#outstanding += data.length;
    if (this.#outstanding > MAX_WEBSOCKET_MESSAGE) return false;
    this.#session?.send({ kind: 'ws-message', exchange: this.#exchange, binary, bytes: data });
    return true;
  }

  consumed(bytes: number): void {
    if (this.#over) return;
    this.#held -= bytes;
    this.#unread?.take(this.#held);
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
        this.#outstanding -= event.bytes;
        return;
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

  // ---- Reader

  cut(): void {
    this.#session?.send({ kind: 'ws-close', exchange: this.#exchange, ...UNREAD });
    this.#finish();
    this.#sink.overrun();
  }

  // ----

  #message(bytes: Uint8Array, binary: boolean): void {
    this.#held += bytes.length;
    this.#sink.message(bytes, binary);
    if (this.#held === 0 || this.#session === undefined || this.#over) return;
    this.#unread ??= this.#budget.reader(this.#session.identity.userId, this);
    this.#unread.hold(this.#held, WEBSOCKET_WINDOW);
  }

  #fail(code: ForwardFailure['code'], detail: string): void {
    if (this.#over) return;
    this.#finish();
    this.#sink.fail({ code, detail });
  }

  #finish(): void {
    this.#over = true;
    this.#unread?.release();
    this.#session?.forget(this.#exchange);
  }
}
