// A tunnel session is the main thread's side of one tunnel; it stands between the socket, the actor in a host, and the
// callers.
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

/** Socket credit is returned in pieces of at least this many bytes, so that small calls cost no message. */
export const SOCKET_CREDIT_STEP = SOCKET_CREDIT / 4;

/**
 * From this many bytes on, socket credit is returned in a message of its own. Less credit waits for another message to the
 * session: a message of its own would wake the session's thread for credit that it does not need yet.
 */
export const SOCKET_CREDIT_ALONE = 3 * SOCKET_CREDIT_STEP;

/** How long a closing tunnel may take to send its GoAway before its socket is closed anyway, in ms. */
const GOAWAY_GRACE_MS = 500;

/** The device's socket, as its session sees it. */
export interface TunnelSocket {
  /** Sends bytes; `TunnelSession.socketSent` says, at once or later, how many of them left. */
  send(bytes: Uint8Array): void;
  /**
   * Closes the socket soon, whatever the peer does; never within the call, and not at once, as thousands may close
   * together.
   */
  close(reason: CloseReason): void;
}

/** Whose tunnel it is, and which of the device's connections carries it; this is fixed for the tunnel's life. */
export interface TunnelIdentity {
  readonly token: TunnelKey;
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly credentialId: CredentialId;
  readonly epoch: Epoch;
  readonly remoteAddr: string;
  readonly proxyNodeId: string;
}

/** Counters of all sessions, which each session adds to; metrics read them at scrape time. */
export interface TunnelTotals {
  bytesFromDevices: number;
  bytesToDevices: number;
  windowStalls: number;
  streamResets: number;
  /** The histogram of round trips, in seconds. */
  readonly roundTripSeconds: { observe(seconds: number): void };
}

function endOverloaded(session: TunnelSession): void {
  session.endOverloaded();
}

const monotonic = (): number => systemClock.now();

/** Moves bytes between the socket and the actor, and messages of exchanges between the actor and their callers. */
export class TunnelSession implements Handle, ExchangeHost, Owner<SessionOut> {
  readonly identity: TunnelIdentity;
  readonly #socket: TunnelSocket;
  readonly #totals: TunnelTotals;
  readonly #log: Logger;
  readonly #actor: ActorRef<SessionIn>;
  readonly #inbox: Inbox;
  /** The callers by their exchanges; the table is created on first use: most tunnels are idle, and there are thousands. */
  #listeners: IdTable<ExchangeListener> | undefined;
  /** Milliseconds, monotonic. */
  readonly #now: () => number;
  /** Milliseconds of the wall clock, for people. */
  readonly #connectedAt = Date.now();
  #lastHeartbeat = this.#connectedAt;
  /** The same moment by the monotonic clock, by which sessions expire: the wall clock may be set. */
  #lastReceivedAt: number;
  #nextExchange = 1;
  /**
   * How often the actor has sent bytes so far. If it has not since an exchange began, the request of that exchange never
   * left.
   */
  #transmits = 0;
  /** Bytes that the socket was given and for which no credit was returned. */
  #uncredited = 0;
  /** Bytes among `#uncredited` that the socket has sent. */
  #sent = 0;
  #closed = false;
  /** True if the actor is sent nothing more: it was closed, or refused a message. */
  #deaf = false;
  /** True if the socket is gone and the actor was not sent `close` yet. */
  #orphaned = false;
  /** How the socket will be closed, and the timer that closes it if the actor does not end; set while GoAway is on its way. */
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

  /** Fails every exchange at once; the device is sent GoAway, then the close code. */
  close(reason: CloseReason = 'normal'): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#actor.tell({ kind: 'close' });
    const timer = setTimeout(() => this.#closeSocket(), GOAWAY_GRACE_MS).unref();
    this.#closing = { reason, timer };
    this.#end(`the tunnel was closed: ${reason}`);
    return Promise.resolve();
  }

  /** Tells the device to expect no new streams (GoAway); those under way run on. */
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

  /** When bytes of the device were last reported as received, in milliseconds of the monotonic clock. */
  get lastReceivedAt(): number {
    return this.#lastReceivedAt;
  }

  recordHeartbeat(at: Date): void {
    this.#lastHeartbeat = at.getTime();
    this.#lastReceivedAt = this.#now();
  }

  // ---- the socket

  /** Passes bytes from the device on to the actor; they are copied before this returns. */
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

  /** The socket closed by itself: fails every exchange at once. Its owner calls `release` later. */
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

  /** Ends the actor of a session whose socket closed by itself. */
  release(): void {
    if (this.#orphaned) this.#actor.tell({ kind: 'close' });
    this.#orphaned = false;
  }

  // ---- exchanges

  /** How many exchanges are under way. */
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
   * Sends a message to the session actor. If the actor's host refuses it, the host is overloaded, and the tunnel ends: in the next
   * tick, because the caller may be in the middle of writing an answer and must not be called back within this call.
   */
  send(message: SessionIn): void {
    if (this.#deaf || this.#actor.tell(message)) return;
    this.#deaf = true;
    process.nextTick(endOverloaded, this);
  }

  /** Ends the tunnel after the actor refused a message. */
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
    // Not logged here: a host's end is logged once, by its owner, and may end thousands of sessions.
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

  /**
   * Returns credit in large steps; but at once to a session that has too little left for a frame, so that a slow socket does
   * not look stalled.
   */
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

  /** Ends the tunnel: its actor has ended, or is about to. */
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

  /** Fails every exchange, and sends the actor nothing more. */
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
