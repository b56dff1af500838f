// An exchange is one use of one stream of a tunnel; this file defines what a session and its exchanges need of each other.
import type { ForwardFailureCode } from '../../../contract/call.js';
import type { MuxSession } from '../../yamux/contract.js';
import type { ExchangeId } from '../wire/session-in.js';
import type { SessionOutWritten } from '../wire/session-out.js';

/** The session, as the exchanges that belong to it use it. */
export interface ExchangePort {
  readonly mux: MuxSession;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Whether the session has no exchange under way. */
  readonly isIdle: boolean;
  /** Sends a message to the main thread. */
  emit(message: SessionOutWritten): void;
  /** The exchange no longer needs the bytes of a body: their buffer may be used again. */
  release(bytes: Uint8Array): void;
  /** Takes the exchange off the session's table. */
  finished(exchange: ExchangeId): void;
}

/** One use of one stream: an HTTP call, a raw stream or a WebSocket. It ends with `finished`, exactly once. */
export interface StreamExchange {
  /** Opens the stream and sends the bytes that wait for it. The session calls it only while `mux.canOpen`. */
  start(): void;
  /** Sends body bytes of the caller. @param last no bytes follow */
  body(bytes: Uint8Array, last: boolean): void;
  /** The caller has read `bytes` of those that it was sent. */
  consumed(bytes: number): void;
  /** Resets the stream and reports nothing: the caller is gone. */
  abort(): void;
  /** Ends the exchange with a failure before its stream was opened, or when its time is up. */
  fail(code: ForwardFailureCode, detail: string): void;
  /** When the exchange times out, in the clock of `ExchangePort.now`; Infinity: never. */
  readonly deadline: number;
}
