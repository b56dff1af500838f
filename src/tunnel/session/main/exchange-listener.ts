// On the main thread an exchange joins two sides: its caller, which listens, and the session, which carries it.
import type { ExchangeId, SessionIn } from '../wire/session-in.js';
import type { SessionOut } from '../wire/session-out.js';

/** A message of a session actor about one exchange. */
export type ExchangeEvent = Extract<SessionOut, { exchange: ExchangeId }>;

/** The caller's side of an exchange. */
export interface ExchangeListener {
  /** How many batches the session had transmitted when the exchange began; set by {@link ExchangeHost.listen}. */
  beganAt: number;
  exchangeEvent(event: ExchangeEvent): void;
  /** The session is gone, and the exchange with it. @param reached some of the request may have reached the device */
  sessionLost(reached: boolean, detail: string): void;
}

/** The session that carries an exchange, for the caller of the exchange. */
export interface ExchangeHost {
  /** True if the device has as many exchanges under way as it may have. */
  readonly busy: boolean;
  /** Registers a listener. @returns the id of the exchange whose events `listener` gets, until {@link forget} */
  listen(listener: ExchangeListener): ExchangeId;
  /** Removes the listener: the exchange is over. */
  forget(exchange: ExchangeId): void;
  /** Sends body bytes of an exchange, in pieces. @param last nothing follows them */
  sendBody(exchange: ExchangeId, bytes: Uint8Array, last: boolean): void;
  /** Sends a message to the session actor. */
  send(message: SessionIn): void;
}
