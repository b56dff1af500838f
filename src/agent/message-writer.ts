// `MessageWriter` moves a session's output into the WebSocket.
import type { WebSocket } from 'ws';
import type { MuxSession } from '../tunnel/yamux/contract.js';

/** Payload of one WebSocket message; enough that a bulk transfer costs few system calls. */
const MAX_MESSAGE_BYTES = 64 << 10;
/** The smallest buffer that is offered to `pull`, which needs room for a frame header and a byte. */
const MIN_MESSAGE_BYTES = 64;
/**
 * Bytes that may wait in the socket. Further output stays in the session, where control frames overtake data and small
 * streams overtake bulk.
 */
const MAX_BUFFERED_BYTES = 256 << 10;

/** What the writer uses of the socket. */
type Socket = Pick<WebSocket, 'send' | 'bufferedAmount' | 'readyState' | 'OPEN'>;

/** Moves a session's output into a WebSocket: one message a loop turn, nothing while the socket is behind. */
export class MessageWriter {
  readonly #socket: Socket;
  readonly #session: Pick<MuxSession, 'pending' | 'pull'>;
  readonly #flushed: () => void;
  #immediate: NodeJS.Immediate | undefined;
  #isBlocked = false;

  /** `flushed` is called each time that everything due has been handed to the socket. */
  constructor(socket: Socket, session: Pick<MuxSession, 'pending' | 'pull'>, flushed: () => void) {
    this.#socket = socket;
    this.#session = session;
    this.#flushed = flushed;
  }

  /** Has the due output sent at the end of this loop turn. */
  schedule(): void {
    if (this.#isBlocked) return;
    this.#immediate ??= setImmediate(this.#flush);
  }

  /** Stops writing: the socket is gone. */
  stop(): void {
    this.#isBlocked = true;
    clearImmediate(this.#immediate);
  }

  readonly #flush = (): void => {
    this.#immediate = undefined;
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const size = Math.max(MIN_MESSAGE_BYTES, Math.min(this.#session.pending, MAX_MESSAGE_BYTES));
    const message = Buffer.allocUnsafe(size);
    const length = this.#session.pull(message, 0, size);
    if (length > 0) this.#socket.send(message.subarray(0, length), this.#sent);
    this.#isBlocked = this.#socket.bufferedAmount >= MAX_BUFFERED_BYTES;
    if (length > 0 && this.#session.pending > 0) this.schedule();
    else this.#flushed();
  };

  /** Called when a message was written out or could not be: then 'close' follows and tells the owner. */
  readonly #sent = (): void => {
    if (!this.#isBlocked || this.#socket.bufferedAmount >= MAX_BUFFERED_BYTES / 2) return;
    this.#isBlocked = false;
    this.schedule();
  };
}
