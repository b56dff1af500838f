// `Tunnel` is the device's end of one tunnel: it joins the WebSocket, the yamux session and the service.
import type { WebSocket } from 'ws';
import type { Clock } from '../actors/clock.js';
import type { Config } from '../tunnel/yamux/config.js';
import type { MuxSession, MuxStream, SessionHandler, StreamHandler } from '../tunnel/yamux/contract.js';
import { YamuxError } from '../tunnel/yamux/contract.js';
import { StreamDuplex } from '../tunnel/yamux/duplex.js';
import { createSession } from '../tunnel/yamux/session.js';
import { MessageWriter } from './message-writer.js';
import type { StreamService } from './service/stream-service.js';

/** WebSocket close codes that the device sends (RFC 6455 §7.4.1; 4000 and up: 02-tunnel §2.1). */
const CLOSE_NORMAL = 1000;
const CLOSE_UNSUPPORTED = 1003;
const CLOSE_INTERNAL = 1011;
const CLOSE_PROTOCOL_ERROR = 4002;
/** How long the last bytes and the close frame may take before the socket is destroyed. */
const CLOSE_GRACE_MS = 2_000;
/**
 * How long streams may run on after the relay's GoAway. The relay closes the tunnel itself long before, and must not hold
 * the device (rule 36).
 */
const REMOTE_DRAIN_MS = 60_000;
/** How long the relay may take to close after that: only a moment, as the device cannot be reached meanwhile. */
const REMOTE_CLOSE_MS = 1_000;

/** How a tunnel ended. */
export interface TunnelEnd {
  /** The WebSocket close code; 1006: the connection broke. */
  readonly code: number;
  readonly reason: string;
}

/** The options of a {@link Tunnel}. */
export interface TunnelOptions {
  readonly service: StreamService;
  readonly clock: Pick<Clock, 'now'>;
  readonly yamux: Config;
  /** How long streams may run on after the relay said GoAway, in ms. */
  readonly remoteDrainMs?: number;
  /** How long the relay may take to close after that, in ms. */
  readonly remoteCloseMs?: number;
}

/** The device's end of one tunnel: WebSocket messages on one side, streams handed to the service on the other. */
export class Tunnel {
  /** Fulfilled when the socket is gone; every stream has been reset by then. */
  readonly ended: Promise<TunnelEnd>;
  readonly #socket: WebSocket;
  readonly #session: MuxSession;
  readonly #writer: MessageWriter;
  readonly #service: StreamService;
  readonly #clock: TunnelOptions['clock'];
  readonly #remoteDrainMs: number;
  readonly #remoteCloseMs: number;
  readonly #ticking: NodeJS.Timeout;
  #drainTimer: NodeJS.Timeout | undefined;
  /** Which side said GoAway. */
  #draining: 'no' | 'here' | 'there' = 'no';
  #awaitsClose = false;
  /** The error for which this side gave the tunnel up. */
  #failure: YamuxError | undefined;

  /** Takes over an open, paused socket. */
  constructor(socket: WebSocket, options: TunnelOptions) {
    const { service, clock, yamux } = options;
    this.#socket = socket;
    this.#service = service;
    this.#clock = clock;
    this.#remoteDrainMs = options.remoteDrainMs ?? REMOTE_DRAIN_MS;
    this.#remoteCloseMs = options.remoteCloseMs ?? REMOTE_CLOSE_MS;
    this.#session = createSession('client', this.#handler(), clock.now(), yamux);
    this.#writer = new MessageWriter(socket, this.#session, () => this.#flushed());
    this.#ticking = setInterval(() => this.#session.tick(clock.now()), yamux.tickMs);
    this.ended = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve(this.#closed(code, reason.toString())));
    });
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) socket.close(CLOSE_UNSUPPORTED, 'text message');
      else this.#session.receive(data, clock.now());
      this.#endIfDrained();
    });
    socket.resume();
  }

  /** How many streams are open now. Tests read it, to see that each one leaves. */
  get streams(): number {
    return this.#session.streams;
  }

  /** Takes no new streams, lets open ones finish for at most `timeoutMs`, then closes with 1000. */
  async drain(timeoutMs: number): Promise<void> {
    this.#session.goAway();
    this.#draining = 'here';
    this.#finishWithin(timeoutMs);
    await this.ended;
  }

  #handler(): SessionHandler {
    return {
      output: () => this.#writer.schedule(),
      incoming: (stream) => this.#incoming(stream),
      openable() {},
      roundTrip() {},
      goneAway: () => this.#remoteDrains(),
      closed: (error) => this.#giveUp(error),
    };
  }

  #incoming(stream: MuxStream): StreamHandler {
    // The ping goes out before a body that comes with the request can fill the path.
    this.#session.measureRoundTrip(this.#clock.now());
    const duplex = StreamDuplex.accept(stream);
    this.#service(duplex);
    return duplex.handler;
  }

  #remoteDrains(): void {
    if (this.#draining === 'here') return;
    this.#draining = 'there';
    this.#finishWithin(this.#remoteDrainMs);
  }

  #finishWithin(timeoutMs: number): void {
    clearTimeout(this.#drainTimer);
    this.#drainTimer = setTimeout(() => this.#session.close(), timeoutMs);
    this.#endIfDrained();
  }

  #flushed(): void {
    if (this.#session.isClosed) this.#socket.close(...closeFrame(this.#failure));
    else this.#endIfDrained();
  }

  #endIfDrained(): void {
    if (this.#draining === 'no' || this.#session.streams > 0 || this.#session.pending > 0) return;
    if (this.#draining === 'here') this.#session.close();
    else this.#awaitClose();
  }

  /** Waits for the relay to close and say why: bytes to a socket that it has closed would be answered by a reset, which loses the reason. */
  #awaitClose(): void {
    if (this.#awaitsClose || this.#session.isClosed) return;
    this.#awaitsClose = true;
    this.#finishWithin(this.#remoteCloseMs);
  }

  /** Ends the tunnel after its session: sends the last bytes, then the close frame, then drops the socket. */
  #giveUp(error: YamuxError | undefined): void {
    this.#failure = error;
    clearTimeout(this.#drainTimer);
    if (error !== undefined && isDead(error)) {
      this.#socket.terminate();
      return;
    }
    this.#drainTimer = setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS);
    this.#writer.schedule();
  }

  #closed(code: number, reason: string): TunnelEnd {
    const why = reason === '' ? (this.#failure?.message ?? '') : reason;
    clearInterval(this.#ticking);
    this.#writer.stop();
    this.#session.close(new YamuxError('ERR_YAMUX_SESSION_CLOSED', 'the tunnel is gone'));
    clearTimeout(this.#drainTimer);
    return { code, reason: why };
  }
}

/** Whether the peer is dead: to wait for its answer to a close frame would only delay the next dial. */
function isDead({ code }: YamuxError): boolean {
  return code === 'ERR_YAMUX_KEEPALIVE_TIMEOUT' || code === 'ERR_YAMUX_WRITE_STALLED';
}

function closeFrame(error: YamuxError | undefined): [code: number, reason?: string] {
  if (error === undefined) return [CLOSE_NORMAL];
  if (error.code === 'ERR_YAMUX_PROTOCOL') return [CLOSE_PROTOCOL_ERROR, error.code];
  return [CLOSE_INTERNAL, error.code];
}
