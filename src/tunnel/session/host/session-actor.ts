// The session actor owns one tunnel in a host thread: its multiplexer, its exchanges and its heartbeat clock.
import type { ActorRef, Behaviour } from '../../../actors/behaviour.js';
import { NORMAL } from '../../../actors/errors.js';
import type { HostedContext, TurnEnd } from '../../../actors/host.js';
import { IdTable } from '../../../collections/id-table.js';
import type { CloseReason } from '../../../contract/session.js';
import { type Config, makeConfig } from '../../yamux/config.js';
import { HEADER_LENGTH } from '../../yamux/constants.js';
import type { MuxSession, SessionHandler, StreamHandler, YamuxError } from '../../yamux/contract.js';
import { createSession } from '../../yamux/session.js';
import type { SessionInit } from '../wire/kind.js';
import { MAX_EXCHANGES, RECEIVE_CREDIT, SOCKET_CREDIT, TRANSMIT_BYTES } from '../wire/limits.js';
import type { ExchangeId, SessionIn } from '../wire/session-in.js';
import type { SessionOutWritten } from '../wire/session-out.js';
import { HttpExchange } from './http-exchange.js';
import { RawExchange } from './raw-exchange.js';
import type { ExchangePort, StreamExchange } from './stream-exchange.js';
import type { Ticker, Ticks } from './ticker.js';
import { WebSocketExchange } from './websocket-exchange.js';

/** A session reports the bytes it has read in pieces of at least this size, so that small calls cost no message. */
export const RECEIVE_CREDIT_STEP = RECEIVE_CREDIT / 4;

/** A session reports a heartbeat at most once in this many ms. */
const REPORT_INTERVAL_MS = 1000;

const REFUSED = 'the gateway does not take what the session sends';

const CLOSING = 'the tunnel is closing and takes no new calls';

/** The actor of one tunnel (01-system.md §1.2). */
export class SessionActor implements Behaviour<SessionIn>, SessionHandler, ExchangePort, TurnEnd {
  readonly mux: MuxSession;
  readonly #context: HostedContext<SessionIn, SessionOutWritten>;
  readonly #ticks: Ticks;
  readonly #self: ActorRef<SessionIn>;
  readonly #headTimeoutMs: number;
  /** The exchanges under way; the table is created on first use: most sessions are idle, and there are thousands. */
  #exchanges: IdTable<StreamExchange> | undefined;
  /** Exchanges that wait until the device has acknowledged earlier streams; the main thread bounds them (MAX_EXCHANGES). */
  #waiting: Map<ExchangeId, StreamExchange> | undefined;
  /** True while the link to the main thread is full; the link calls back when it has room. */
  #awaitsLink = false;
  /** Why no stream will open any more: set once a side has sent GoAway. */
  #refusal: 'draining' | 'stream-refused' | undefined;
  /** Bytes that the socket may still be given. */
  #credit = SOCKET_CREDIT;
  /** Bytes that were read and not yet reported to the main thread. */
  #unreported = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;
  /** The last round trip that was measured and not reported, in ms; -1: there is none. */
  #roundTripMs = -1;
  #stallsReported = 0;
  #resetsReported = 0;
  /** True while a message is being packed. */
  #transmitting = false;
  /** The messages that were emitted while another was packed, to be sent after it. */
  #deferred: SessionOutWritten[] | undefined;
  /** True if the session is on the ticker for sessions with calls under way. */
  #ticksBusily = false;

  constructor(init: SessionInit, context: HostedContext<SessionIn, SessionOutWritten>, ticks: Ticks) {
    this.#headTimeoutMs = init.headTimeoutMs;
    this.#context = context;
    this.#self = context.self;
    this.#ticks = ticks;
    this.mux = createSession('server', this, context.now(), muxConfig(init));
    ticks.idle.add(this.#self);
  }

  receive(message: SessionIn): void {
    switch (message.kind) {
      case 'received':
        return this.#received(message.bytes);
      case 'sent':
        this.#credit += message.bytes;
        return this.output();
      case 'open':
        return this.#open(
          message.exchange,
          message.mode === 'raw'
            ? new RawExchange(this, message.exchange, this.#headTimeoutMs)
            : new HttpExchange(this, message, this.#headTimeoutMs),
        );
      case 'ws-open':
        return this.#open(message.exchange, new WebSocketExchange(this, message, this.#headTimeoutMs));
      case 'body':
        return this.#exchanges?.get(message.exchange)?.body(message.bytes, message.last);
      case 'consumed':
        return this.#exchanges?.get(message.exchange)?.consumed(message.bytes);
      case 'abort':
        return this.#exchanges?.get(message.exchange)?.abort();
      case 'ws-message':
        return this.#webSocket(message.exchange)?.send(message.bytes, message.binary);
      case 'ws-close':
        return this.#webSocket(message.exchange)?.close(message.code, message.reason);
      case 'drain':
        this.mux.goAway();
        return this.#refuse('draining');
      case 'close':
        return this.mux.close();
      case 'tick':
        return this.#tick();
    }
  }

  terminated(): void {
    this.#currentTicks.remove(this.#self);
    for (const exchange of this.#exchanges?.values() ?? []) exchange.abort();
  }

  // ---- ExchangePort

  now(): number {
    return this.#context.now();
  }

  get isIdle(): boolean {
    return !this.#exchanges?.size;
  }

  /** @throws if the main thread has stopped reading: the session cannot go on */
  emit(message: SessionOutWritten): void {
    // While `transmit` is packed, the multiplexer reports what it sends, and exchanges emit credit for it: messages of their own.
    if (this.#transmitting) {
      this.#deferred ??= [];
      this.#deferred.push(message);
    } else if (!this.#context.emit(message)) throw new Error(REFUSED);
  }

  release(bytes: Uint8Array): void {
    this.#context.release(bytes);
  }

  finished(exchange: ExchangeId): void {
    this.#exchanges?.delete(exchange);
    this.#waiting?.delete(exchange);
  }

  // ---- TurnEnd

  endTurn(): void {
    this.#transmitDue();
  }

  // ---- SessionHandler

  output(): void {
    this.#context.beforePost(this);
  }

  incoming(): StreamHandler | undefined {
    return undefined;
  }

  openable(): void {
    for (const [id, exchange] of this.#waiting ?? []) {
      if (!this.mux.canOpen) return;
      this.#waiting?.delete(id);
      exchange.start();
    }
  }

  roundTrip(ms: number): void {
    this.#roundTripMs = ms;
    this.#report();
  }

  goneAway(): void {
    this.#refuse('stream-refused');
  }

  closed(error: YamuxError | undefined): void {
    for (const exchange of this.#exchanges?.values() ?? []) {
      exchange.fail('tunnel-lost-before-send', 'the tunnel was closed');
    }
    this.#transmitDue();
    this.emit({ kind: 'ended', reason: closeReason(error), detail: error?.message ?? 'closed' });
    this.#context.exit(NORMAL);
  }

  // ----

  #received(bytes: Uint8Array): void {
    this.mux.receive(bytes, this.#context.now());
    this.#unreported += bytes.length;
    if (this.#unreported >= RECEIVE_CREDIT_STEP) {
      this.emit({ kind: 'read', bytes: this.#unreported });
      this.#unreported = 0;
    }
    if (this.#context.now() - this.#reportedAt >= REPORT_INTERVAL_MS) this.#report();
  }

  #open(id: ExchangeId, exchange: StreamExchange): void {
    this.#exchanges ??= new IdTable();
    if (this.#exchanges.size === 0) this.mux.measureRoundTrip(this.#context.now());
    this.#exchanges.set(id, exchange);
    this.#tickBusily(true);
    if (this.#refusal !== undefined) return exchange.fail(this.#refusal, CLOSING);
    if (this.mux.canOpen && !this.#waiting?.size) return exchange.start();
    this.#waiting ??= new Map();
    this.#waiting.set(id, exchange);
  }

  /** Fails the exchanges that wait for a stream, and all later ones: no stream will open any more. */
  #refuse(code: 'draining' | 'stream-refused'): void {
    this.#refusal = code;
    // The loop runs over a copy, because an exchange that fails leaves the map.
    for (const exchange of [...(this.#waiting?.values() ?? [])]) exchange.fail(code, CLOSING);
  }

  #webSocket(id: ExchangeId): WebSocketExchange | undefined {
    const exchange = this.#exchanges?.get(id);
    return exchange instanceof WebSocketExchange ? exchange : undefined;
  }

  #transmitDue(): void {
    // The loop runs until nothing is due or fits: only then does the multiplexer announce new output.
    while (this.mux.pending > 0 && this.#credit > HEADER_LENGTH) {
      if (!this.#context.writable) return this.#awaitLink();
      const due = {
        kind: 'transmit' as const,
        from: this.mux,
        max: Math.min(this.#credit, TRANSMIT_BYTES),
        sent: 0,
      };
      this.#send(due);
      this.#credit -= due.sent;
      if (due.sent === 0) return;
    }
  }

  #awaitLink(): void {
    if (this.#awaitsLink) return;
    this.#awaitsLink = true;
    this.#context.onWritable(() => {
      this.#awaitsLink = false;
      this.#transmitDue();
    });
  }

  #send(due: SessionOutWritten): void {
    this.#transmitting = true;
    const accepted = this.#context.emit(due);
    this.#transmitting = false;
    if (!accepted) throw new Error(REFUSED);
    const deferred = this.#deferred ?? [];
    this.#deferred = undefined;
    for (const message of deferred) this.emit(message);
  }

  #report(): void {
    const { windowStalls, resets } = this.mux.stats;
    this.#reportedAt = this.#context.now();
    this.emit({
      kind: 'heartbeat',
      roundTripMs: this.#roundTripMs,
      windowStalls: windowStalls - this.#stallsReported,
      resets: resets - this.#resetsReported,
    });
    this.#roundTripMs = -1;
    this.#stallsReported = windowStalls;
    this.#resetsReported = resets;
  }

  #tick(): void {
    const now = this.#context.now();
    this.mux.tick(now);
    if (this.mux.isClosed) return;
    // Waiting exchanges come first: a stream that another exchange leaves must not go to a call whose time is up.
    for (const exchange of this.#waiting?.values() ?? []) {
      if (exchange.deadline < now) exchange.fail('device-busy', 'the device took no more calls in time');
    }
    for (const exchange of this.#exchanges?.values() ?? []) {
      if (exchange.deadline < now) exchange.fail('device-timeout', 'the device did not answer in time');
    }
    this.#tickBusily(Boolean(this.#exchanges?.size) || this.mux.pending > 0);
  }

  get #currentTicks(): Ticker {
    return this.#ticksBusily ? this.#ticks.busy : this.#ticks.idle;
  }

  #tickBusily(busily: boolean): void {
    if (this.#ticksBusily === busily) return;
    this.#currentTicks.remove(this.#self);
    this.#ticksBusily = busily;
    this.#currentTicks.add(this.#self);
  }
}

/**
 * The configuration of the last session that began in this host: all sessions begin with the same times, and share the
 * configuration.
 */
let sharedConfig: Config | undefined;

/**
 * The multiplexer's times: it pings after a heartbeat interval of silence, and the rest of the idle timeout is for the
 * answer.
 */
function muxConfig({ heartbeatMs, idleTimeoutMs }: SessionInit): Config {
  const keepaliveInterval = heartbeatMs;
  const keepaliveTimeout = Math.max(1, idleTimeoutMs - heartbeatMs);
  if (
    sharedConfig?.keepaliveInterval !== keepaliveInterval ||
    sharedConfig.keepaliveTimeout !== keepaliveTimeout
  ) {
    sharedConfig = makeConfig({
      keepaliveInterval,
      keepaliveTimeout,
      maxOutgoing: MAX_EXCHANGES,
      maxIncoming: 0,
    });
  }
  return sharedConfig;
}

/** Why the tunnel ended, by the multiplexer's error; without an error it was closed in order. */
function closeReason(error: YamuxError | undefined): CloseReason {
  switch (error?.code) {
    case undefined:
      return 'normal';
    case 'ERR_YAMUX_KEEPALIVE_TIMEOUT':
    case 'ERR_YAMUX_WRITE_STALLED':
      return 'idle';
    case 'ERR_YAMUX_PROTOCOL':
      return 'protocol-error';
    default:
      return 'internal';
  }
}
