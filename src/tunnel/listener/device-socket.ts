// A device socket is a device's connection as its tunnel session uses it.
import { CLOSE_CODE, type CloseReason } from '../../contract/session.js';
import type { TunnelSession, TunnelSocket } from '../session/main/tunnel-session.js';
import type { DeviceConnection } from './device-connection.js';
import type { PacedQueue } from './paced-queue.js';

/** Sends the session's bytes, and reports to the session how many of them have left. */
export class DeviceSocket implements TunnelSocket {
  readonly session: TunnelSession;
  readonly #connection: DeviceConnection;
  readonly #paced: PacedQueue<() => void>;
  /** Bytes given to the connection that are not known to have left. */
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
    // If bytes were dropped, the byte stream is broken. The session's credit keeps far below the limit of the connection.
    if (this.#connection.send(bytes)) this.drained();
    else this.#connection.break();
  }

  /** Reports to the session how many more bytes have left. */
  drained(): void {
    const { waiting } = this.#connection;
    if (waiting >= this.#unsent) return;
    this.session.socketSent(this.#unsent - waiting);
    this.#unsent = waiting;
  }

  /** Why this side closed the socket; undefined: it did not close it. */
  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
  }

  close(reason: CloseReason): void {
    if (this.#connection.over) return;
    this.#closeReason = reason;
    this.#paced.add(() => this.#close(reason));
  }

  #close(reason: CloseReason): void {
    // A close frame would queue behind bytes that the device does not read: only breaking the connection ends it in time.
    if (this.#connection.waiting > 0) this.#connection.break();
    else this.#connection.end(CLOSE_CODE[reason], reason);
  }
}
