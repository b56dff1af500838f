// A yamux session is used through these interfaces: session, stream, what they call, and the error they fail with.

/** The relay is the server (even stream ids), the device the client (odd); see PROTOCOL.md. */
export type Role = 'client' | 'server';

/**
 * One yamux session, free of I/O and clocks: bytes and time in, bytes and events out. Nothing here throws on what
 * the peer sends; a protocol error ends the session through `SessionHandler.closed`.
 */
export interface MuxSession {
  /**
   * Takes bytes from the peer, split or joined in any way. Data handed to streams are views of `chunk`, which is lent: the
   * caller may use it again afterwards.
   */
  receive(chunk: Uint8Array, now: number): void;
  /**
   * Encodes what is due to the peer into `target` from `at`, at most `max` bytes: control frames first, then data
   * frames of the streams round-robin. @returns bytes written; 0 when nothing is due or `max` is too small (< 13).
   */
  pull(target: Uint8Array, at: number, max: number): number;
  /** Bytes that `pull` could write now (an upper bound is fine); 0 when nothing is due. */
  readonly pending: number;
  /** Opens a stream; undefined while `canOpen` is false. */
  open(handler: StreamHandler): MuxStream | undefined;
  /** False after GoAway either way, at the un-ACKed or total stream bound, or when ids ran out. */
  readonly canOpen: boolean;
  /**
   * Pings, unless the round trip is known and fresh. It is meant for a caller that is about to open a stream on an idle
   * session: windows grow by the round trip, and once a transfer is under way a ping waits in its queues.
   */
  measureRoundTrip(now: number): void;
  /** Sends GoAway(0): the peer opens no new streams, and open ones run on. */
  goAway(): void;
  /** Ends the session at once: GoAway is queued for one last `pull`, every stream is reset with `error`. */
  close(error?: YamuxError): void;
  /** Checks heartbeat, stalls and stream timeouts; the owner calls it every `config.tickMs` or so. */
  tick(now: number): void;
  readonly streams: number;
  readonly isClosed: boolean;
  /** Counters for metrics. */
  readonly stats: {
    framesIn: number;
    framesOut: number;
    windowStalls: number;
    streamsOpened: number;
    resets: number;
  };
}

/** One stream of a session. */
export interface MuxStream {
  readonly id: number;
  /**
   * Queues bytes; the stream keeps `chunk`, so the caller must not change it until `StreamHandler.encoded`.
   * @returns false once more than `config.sendBuffer` bytes wait: stop until `StreamHandler.drain`. Bytes given after false
   * are still queued: only the caller's discipline bounds them. After `end` or a reset: ignored, false.
   */
  write(chunk: Uint8Array): boolean;
  /** Half-closes the stream: FIN follows the queued bytes (a second call does nothing). */
  end(): void;
  /**
   * Works as `end`, but nobody waits for the FIN: it goes with other output, at the latest at a `tick`, and without delay
   * after a GoAway.
   */
  endLater(): void;
  /** Sends RST now: queued and unread bytes are dropped, and this stream has no more events. */
  reset(): void;
  /** The application has read `bytes` of what `data` gave: credit may go back to the peer. */
  consumed(bytes: number): void;
  /** Bytes queued and not yet pulled. */
  readonly queued: number;
  /** Bytes that the peer may send before any are consumed; the window of a stream that is read fast grows. */
  readonly receiveWindow: number;
  readonly state: 'open' | 'half-closed-local' | 'half-closed-remote' | 'closed';
}

/** Events of one stream, called synchronously from `receive`, `pull`, `tick` and `close`. */
export interface StreamHandler {
  /** Bytes arrived. They count against the window until `consumed`. `chunk` is lent for the call. */
  data(stream: MuxStream, chunk: Uint8Array): void;
  /** The peer half-closed; no more data. */
  end(stream: MuxStream): void;
  /** The stream is gone: RST from the peer, a timeout, or the end of the session. Unread bytes are void. Last event. */
  reset(stream: MuxStream, error: YamuxError): void;
  /** The send queue fell below half of `config.sendBuffer` after `write` answered false. */
  drain(stream: MuxStream): void;
  /** `bytes` of queued data were encoded by `pull`, which is credit for the writer of the stream. */
  sent?(stream: MuxStream, bytes: number): void;
  /**
   * The last byte of a chunk that was given to `write` was encoded: it is the caller's again. The handler must not call the
   * stream from here.
   */
  encoded?(chunk: Uint8Array): void;
  /** The peer acknowledged the stream. */
  acknowledged?(stream: MuxStream): void;
}

/** Events of a session, called synchronously from its methods. */
export interface SessionHandler {
  /** `pull` has new output that must not wait (edge-triggered: called once until `pull` returned 0 or `pending` fell to 0). */
  output(): void;
  /** The peer opened a stream; undefined refuses it with RST. */
  incoming(stream: MuxStream): StreamHandler | undefined;
  /** `canOpen` became true again. */
  openable(): void;
  /** A ping of ours was answered after `ms`. */
  roundTrip(ms: number): void;
  /** The peer sent GoAway(0): no more streams can be opened. */
  goneAway(): void;
  /** The session ended; undefined after a `close()` of our own without error. Last event. */
  closed(error: YamuxError | undefined): void;
}

/** Every way a yamux session or stream can fail. */
export type YamuxErrorCode =
  | 'ERR_YAMUX_PROTOCOL'
  | 'ERR_YAMUX_REMOTE_GOAWAY'
  | 'ERR_YAMUX_STREAM_RESET'
  | 'ERR_YAMUX_STREAM_REFUSED'
  | 'ERR_YAMUX_STREAM_OPEN_TIMEOUT'
  | 'ERR_YAMUX_STREAM_CLOSE_TIMEOUT'
  | 'ERR_YAMUX_KEEPALIVE_TIMEOUT'
  | 'ERR_YAMUX_WRITE_STALLED'
  | 'ERR_YAMUX_SESSION_CLOSED';

/** A failure of a yamux session or stream; match by `code`. */
export class YamuxError extends Error {
  override readonly name = 'YamuxError';
  readonly code: YamuxErrorCode;

  constructor(code: YamuxErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
