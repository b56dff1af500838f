// The two sides of an exchange on the main thread: the caller that listens, and the session that carries it.
import type { ExchangeId, SessionIn } from '../wire/session-in.js';
import type { SessionOut } from '../wire/session-out.js';

/** What a session actor says of one exchange. */
export type ExchangeEvent = Extract<SessionOut, { exchange: ExchangeId }>;

/** The caller's side of an exchange. */
export interface ExchangeListener {
  /** How many batches the session had transmitted when the exchange began; set by {@link ExchangeHost.listen}. */
  beganAt: number;
  exchangeEvent(event: ExchangeEvent): void;
  /** The session is gone with the exchange. `reached`: some of the request may have reached the device. */
  sessionLost(reached: boolean, detail: string): void;
}

/** What the caller of an exchange works with: the session that carries it. */
export interface ExchangeHost {
  /** As many exchanges are under way as the device may have. */
  readonly busy: boolean;
  /** Registers a listener. @returns the id of the exchange whose events `listener` gets, until {@link forget} */
  listen(listener: ExchangeListener): ExchangeId;
  forget(exchange: ExchangeId): void;
  /** Sends body bytes of an exchange, in pieces. @param last nothing follows them */
  sendBody(exchange: ExchangeId, bytes: Uint8Array, last: boolean): void;
  send(message: SessionIn): void;
}
