import type { ForwardFailureCode } from '../../../contract/call.js';
import type { MuxSession } from '../../yamux/contract.js';
import type { ExchangeId, SessionOutWritten } from '../wire/messages.js';

/** What an exchange needs of the session that it belongs to. */
export interface ExchangePort {
  readonly mux: MuxSession;
  /** Milliseconds, monotonic. */
  now(): number;
  /** No exchange is under way. */
  readonly isIdle: boolean;
  emit(message: SessionOutWritten): void;
  /** Bytes of a body are done with. */
  release(bytes: Uint8Array): void;
  /** Takes the exchange off the session's table. */
  finished(exchange: ExchangeId): void;
}

/** One use of one stream: an HTTP call, a raw stream or a WebSocket. Ends with `finished`, exactly once. */
export interface StreamExchange {
  /** Opens the stream and sends what is there. Only while `mux.canOpen`. */
  start(): void;
  body(bytes: Uint8Array, last: boolean): void;
  consumed(bytes: number): void;
  /** The caller is gone: reset the stream, report nothing. */
  abort(): void;
  /** Ends the exchange with a failure before its stream was opened, or when its time is up. */
  fail(code: ForwardFailureCode, detail: string): void;
  /** When it times out, in the clock of `ExchangePort.now`; Infinity: never. */
  readonly deadline: number;
}
