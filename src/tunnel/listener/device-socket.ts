import { CLOSE_CODE, type CloseReason } from '../../contract/session.js';
import type { TunnelSession, TunnelSocket } from '../session/main/tunnel-session.js';
import type { DeviceConnection } from './device-connection.js';
import type { PacedQueue } from './paced-queue.js';

/** A device's connection as its session's socket. */
export class DeviceSocket implements TunnelSocket {
  readonly session: TunnelSession;
  readonly #connection: DeviceConnection;
  readonly #paced: PacedQueue<() => void>;
  /** Bytes given to the connection that it has not been seen to take. */
  #unsent = 0;
  #closeReason: CloseReason | undefined;

  constructor(
    connection: DeviceConnection,
    paced: PacedQueue<() => void>,
    begin: (socket: TunnelSocket) => TunnelSession,
  ) {
    this.#connection = connection;
    this.#paced = paced;
    this.session = begin(this);
  }

  send(bytes: Uint8Array): void {
    this.#unsent += bytes.length;
    // A byte stream cannot survive that some is dropped. The session's credit keeps far below the limit.
    if (this.#connection.send(bytes)) this.drained();
    else this.#connection.break();
  }

  /** Tells the session what the connection has taken since. */
  drained(): void {
    const { waiting } = this.#connection;
    if (waiting >= this.#unsent) return;
    this.session.socketSent(this.#unsent - waiting);
    this.#unsent = waiting;
  }

  /** Why it was closed from our side; undefined: it was not. */
  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
  }

  close(reason: CloseReason): void {
    if (this.#connection.over) return;
    this.#closeReason = reason;
    this.#paced.add(() => this.#close(reason));
  }

  #close(reason: CloseReason): void {
    // A close frame would queue behind what the peer does not read: then only an abrupt close is in time.
    if (this.#connection.waiting > 0) this.#connection.break();
    else this.#connection.end(CLOSE_CODE[reason], reason);
  }
}
