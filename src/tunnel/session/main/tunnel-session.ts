import type { ActorRef } from '../../../actors/behaviour.js';
import { systemClock } from '../../../actors/clock.js';
import type { ExitReason } from '../../../actors/errors.js';
import type { Host, Owner } from '../../../actors/host.js';
import { IdTable } from '../../../collections/id-table.js';
import type { CloseReason, Handle, Summary, TunnelStream } from '../../../contract/session.js';
import { SessionClosedError } from '../../../contract/session-errors.js';
import type { TunnelKey } from '../../../contract/tunnel-key.js';
import type { Logger } from '../../../observability/log.js';
import type { CredentialId, DeviceId, Epoch, UserId } from '../../../store/ports/ids.js';
import { HEADER_LENGTH } from '../../yamux/constants.js';
import type { SessionInit } from '../wire/kind.js';
import { SESSION } from '../wire/kind.js';
import { MAX_EXCHANGES, PIECE_BYTES, SOCKET_CREDIT } from '../wire/limits.js';
import type { ExchangeId, SessionIn } from '../wire/session-in.js';
import type { SessionOut } from '../wire/session-out.js';
import type { ExchangeHost, ExchangeListener } from './exchange-listener.js';
import { Inbox, receiveBound } from './inbox.js';
import { openTunnelStream } from './tunnel-stream.js';

/** The device's socket, as its session sees it. */
export interface TunnelSocket {
  /** Sends bytes; `TunnelSession.socketSent` says, at once or later, how many of them left. */
  send(bytes: Uint8Array): void;
  /** Closes soon, whatever the peer does, and as its owner may close thousands: not at once, and not within the call. */
  close(reason: CloseReason): void;
}

/** Who a tunnel belongs to; fixed for its life. */
export interface TunnelIdentity {
  readonly token: TunnelKey;
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly credentialId: CredentialId;
  readonly epoch: Epoch;
  readonly remoteAddr: string;
  readonly proxyNodeId: string;
}

/** Counters of a session's life that metrics add up; plain fields, read at scrape time. */
export interface TunnelTotals {
  bytesFromDevices: number;
  bytesToDevices: number;
  windowStalls: number;
  streamResets: number;
  /** Seconds. */
  readonly roundTripSeconds: { observe(seconds: number): void };
}

function endOverloaded(session: TunnelSession): void {
  session.endOverloaded();
}

const monotonic = (): number => systemClock.now();

/** The gateway's side of one tunnel: the actor in its host, its socket, and who waits for which exchange. */
export class TunnelSession implements Handle, ExchangeHost, Owner<SessionOut> {
  readonly identity: TunnelIdentity;
  readonly #socket: TunnelSocket;
  readonly #totals: TunnelTotals;
  readonly #log: Logger;
  readonly #actor: ActorRef<SessionIn>;
  readonly #inbox: Inbox;
  /** Made for the first: most tunnels are idle, and there are thousands. */
  #listeners: IdTable<ExchangeListener> | undefined;
  /** Milliseconds, monotonic. */
  readonly #now: () => number;
  /** Milliseconds of the wall clock, for people. */
  readonly #connectedAt = Date.now();
  #lastHeartbeat = this.#connectedAt;
  /** The same moment by a clock that nobody sets: expiry goes by it. */
  #lastReceivedAt: number;
  #nextExchange = 1;
  /** Batches of bytes from the actor so far: none since an exchange began means that it never left. */
  #transmits = 0;
  /** Bytes given to the socket for which no credit was returned. */
  #uncredited = 0;
  /** Those of them that the socket sent. */
  #sent = 0;
  #closed = false;
  /** The actor is sent nothing more: it is closed, or did not take something. */
  #deaf = false;
  /** The socket is gone, and the actor does not know it. */
  #orphaned = false;
  /** While GoAway is on its way: how the socket will be closed, and the timer that does it if the actor does not. */
  #closing: { readonly reason: CloseReason; readonly timer: NodeJS.Timeout } | undefined;

  constructor(
    identity: TunnelIdentity,
    socket: TunnelSocket,
    host: Host,
    init: SessionInit,
    totals: TunnelTotals,
    log: Logger,
    now: () => number = monotonic,
  ) {
    this.identity = identity;
    this.#socket = socket;
    this.#totals = totals;
    this.#log = log;
    this.#now = now;
    this.#lastReceivedAt = now();
    this.#actor = host.spawn(SESSION, init, this);
    this.#inbox = new Inbox(host, this.#actor);
  }

  // ---- Handle

  openStream(signal?: AbortSignal): Promise<TunnelStream> {
    if (this.#closed) return Promise.reject(new SessionClosedError());
    return openTunnelStream(this, signal);
  }

  /** Every exchange fails at once; the device is sent GoAway, then the close code. */
  close(reason: CloseReason = 'normal'): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#actor.tell({ kind: 'close' });
    const timer = setTimeout(() => this.#closeSocket(), GOAWAY_GRACE_MS).unref();
    this.#closing = { reason, timer };
    this.#end(`the tunnel was closed: ${reason}`);
    return Promise.resolve();
  }

  /** Tells the device to expect no new streams; those under way run on. */
  goAway(): void {
    this.send({ kind: 'drain' });
  }

  isClosed(): boolean {
    return this.#closed;
  }

  summary(): Summary {
    const { credentialId: _, ...identity } = this.identity;
    return Object.freeze({
      ...identity,
      connectedAt: new Date(this.#connectedAt),
      lastHeartbeat: new Date(this.#lastHeartbeat),
    });
  }

  /** When anything was last heard of the device, in milliseconds of the monotonic clock. */
  get heardAt(): number {
    return this.#lastReceivedAt;
  }

  recordHeartbeat(at: Date): void {
    this.#lastHeartbeat = at.getTime();
    this.#lastReceivedAt = this.#now();
  }

  // ---- the socket

  /** Bytes came from the device; they are copied before this returns. */
  received(bytes: Uint8Array): void {
    this.#totals.bytesFromDevices += bytes.length;
    if (this.#closed) return;
    if (this.#sent >= SOCKET_CREDIT_STEP) this.#returnCredit();
    this.#inbox.put(bytes);
    if (this.#inbox.unread <= receiveBound(this.exchanges)) return;
    this.#reportViolation('it sends far more than its windows allow');
    void this.close('protocol-error');
  }

  /** The socket sent `bytes` of those that it was given. */
  socketSent(bytes: number): void {
    this.#sent += bytes;
    this.#creditAlone();
  }

  /** The socket closed by itself: every exchange fails at once. `release` follows, which may take its time. */
  disconnected(): void {
    if (this.#closing !== undefined) {
      clearTimeout(this.#closing.timer);
      this.#closing = undefined;
      return;
    }
    if (this.#closed) return;
    this.#orphaned = true;
    this.#end('the device disconnected');
  }

  /** Ends the actor of a session that was disconnected. */
  release(): void {
    if (this.#orphaned) this.#actor.tell({ kind: 'close' });
    this.#orphaned = false;
  }

  // ---- exchanges

  /** Exchanges under way. */
  get exchanges(): number {
    return this.#listeners?.size ?? 0;
  }

  get busy(): boolean {
    return this.exchanges >= MAX_EXCHANGES;
  }

  /** Registers a listener under a new id; the caller then sends the message that opens the exchange. */
  listen(listener: ExchangeListener): ExchangeId {
    const id = this.#nextExchange;
    this.#nextExchange = id === 0xffff_ffff ? 1 : id + 1;
    this.#listeners ??= new IdTable();
    this.#listeners.set(id, listener);
    listener.beganAt = this.#transmits;
    return id;
  }

  /** Stops listening: the exchange is over. */
  forget(exchange: ExchangeId): void {
    this.#listeners?.delete(exchange);
  }

  /** Sends body bytes of an exchange, in pieces. @param last nothing follows them */
  sendBody(exchange: ExchangeId, bytes: Uint8Array, last: boolean): void {
    let rest = bytes;
    for (; rest.length > PIECE_BYTES; rest = rest.subarray(PIECE_BYTES)) {
      this.send({ kind: 'body', exchange, last: false, bytes: rest.subarray(0, PIECE_BYTES) });
    }
    this.send({ kind: 'body', exchange, last, bytes: rest });
  }

  /**
   * Sends to the session actor. A refusal means that its host is overloaded: the tunnel ends. Later, as the caller may be in the
   * middle of writing an answer, whose end it must not hear of now.
   */
  send(message: SessionIn): void {
    if (this.#deaf || this.#actor.tell(message)) return;
    this.#deaf = true;
    process.nextTick(endOverloaded, this);
  }

  /** Runs after something was sent that the actor did not take. */
  endOverloaded(): void {
    this.#fail('internal', 'the session host does not take what callers send');
    this.#actor.kill('its mailbox is full');
  }

  // ---- Owner

  message(message: SessionOut): void {
    switch (message.kind) {
      case 'transmit':
        return this.#transmit(message.bytes);
      case 'read':
        return this.#inbox.read(message.bytes);
      case 'heartbeat':
        this.recordHeartbeat(new Date());
        this.#totals.windowStalls += message.windowStalls;
        this.#totals.streamResets += message.resets;
        if (message.roundTripMs >= 0) this.#totals.roundTripSeconds.observe(message.roundTripMs / 1000);
        return;
      case 'ended':
        if (message.reason === 'protocol-error') this.#reportViolation(message.detail);
        return this.#fail(message.reason, message.detail);
      default:
        this.#listeners?.get(message.exchange)?.exchangeEvent(message);
    }
  }

  exited(reason: ExitReason): void {
    // It ends thousands, and whoever runs the host has said why.
    if (reason.kind === 'host-down') return this.#fail('host-restarted', 'the session host ended');
    if (reason.kind !== 'normal')
      this.#log.error({ reason, deviceId: this.identity.deviceId }, 'session ended');
    this.#fail('internal', 'the session ended unexpectedly');
  }

  #transmit(bytes: Uint8Array): void {
    if (this.#closed && this.#closing === undefined) return;
    this.#transmits += 1;
    this.#totals.bytesToDevices += bytes.length;
    this.#uncredited += bytes.length;
    this.#socket.send(bytes);
    this.#creditAlone();
  }

  /** In large steps; but at once to a session that has none left for a frame: a slow socket must not look like one that stalls. */
  #creditAlone(): void {
    if (this.#sent < SOCKET_CREDIT_ALONE) {
      if (this.#sent === 0 || SOCKET_CREDIT - this.#uncredited > HEADER_LENGTH) return;
    }
    this.#returnCredit();
  }

  #returnCredit(): void {
    this.send({ kind: 'sent', bytes: this.#sent });
    this.#uncredited -= this.#sent;
    this.#sent = 0;
  }

  #reportViolation(detail: string): void {
    this.#log.warn({ deviceId: this.identity.deviceId, detail }, 'a device broke the protocol');
  }

  /** The actor is gone, or as good as: nothing more comes from it. */
  #fail(reason: CloseReason, detail: string): void {
    if (this.#closing !== undefined) return this.#closeSocket();
    if (this.#closed) return;
    this.#end(detail);
    this.#socket.close(reason);
  }

  #closeSocket(): void {
    if (this.#closing === undefined) return;
    const { reason, timer } = this.#closing;
    clearTimeout(timer);
    this.#closing = undefined;
    this.#socket.close(reason);
  }

  #end(detail: string): void {
    this.#closed = true;
    this.#deaf = true;
    this.#inbox.clear();
    for (const [id, listener] of this.#listeners?.entries() ?? []) {
      this.forget(id);
      listener.sessionLost(this.#transmits > listener.beganAt, detail);
    }
  }
}

/** The gateway returns socket credit in pieces of at least this many bytes, so that small calls cost no message. */
export const SOCKET_CREDIT_STEP = SOCKET_CREDIT / 4;

/**
 * Less waits until something else is said to the session: a message of its own would wake a thread for what it does not need.
 */
export const SOCKET_CREDIT_ALONE = 3 * SOCKET_CREDIT_STEP;

/** How long a closing tunnel may take to send its GoAway before its socket is closed anyway. */
export const GOAWAY_GRACE_MS = 500;
