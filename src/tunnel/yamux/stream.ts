// `Stream` is one stream of a session: its two windows, its state, its end.
import type { Config } from './config.js';
import { ACK, INITIAL_WINDOW, MAX_CREDIT, SYN } from './constants.js';
import type { MuxStream, StreamHandler } from './contract.js';
import { YamuxError } from './contract.js';
import { ReceiveWindow } from './receive-window.js';
import { SendQueue } from './send-queue.js';

/** What a stream needs of its session. */
export interface StreamLink {
  readonly config: Config;
  readonly now: number;
  /** `bytes` were queued. */
  queued(stream: Stream, bytes: number): void;
  /** A FIN is due, or credit allows data again. */
  sendable(stream: Stream): void;
  /** A FIN is due that may wait for other output. */
  sendableLater(stream: Stream): void;
  /** Half of the receive window was read since the last time; a window update is due. */
  windowRead(stream: Stream): void;
  /** The peer acknowledged a stream of ours in one way or another. */
  settled(stream: Stream): void;
  /** The stream is gone; `reset` says that the peer has yet to learn it. */
  freed(stream: Stream, reset: boolean): void;
}

/** The deadline of a stream that waits for nothing. */
const NEVER = Number.POSITIVE_INFINITY;

/**
 * One stream, by the state machine of PROTOCOL.md. The members of `MuxStream` are for the application, the rest for the
 * sender, the receiver and the session of this folder.
 */
export class Stream implements MuxStream {
  readonly id: number;
  /** True if this side opened the stream. */
  readonly isLocal: boolean;
  /** Set before any event; a stream of the peer gets it from `SessionHandler.incoming`. */
  handler: StreamHandler;
  readonly #link: StreamLink;

  /** The bytes that wait for a frame. */
  readonly output = new SendQueue(this);
  /** Bytes that the peer lets us send. */
  credit = INITIAL_WINDOW;
  /** The flag SYN or ACK until a frame carried it, then 0. */
  openFlag: number;
  /** True if `write` answered false, so that `drain` is owed. */
  #isBlocked = false;
  #isEnded = false;
  #finSent = false;

  readonly window: ReceiveWindow;
  #remoteEnded = false;

  /** True once the opening is certain: the peer acknowledged it, or opened the stream itself. */
  #isSettled: boolean;
  #isGone = false;
  /** When `tick` gives the stream up. */
  deadline = NEVER;
  /** True while it is in the sender's ring of streams with data or FIN. */
  inDataRing = false;
  /** True while it is in the sender's ring of streams with a window update, SYN or ACK. */
  inControlRing = false;

  constructor(id: number, isLocal: boolean, handler: StreamHandler, link: StreamLink) {
    this.id = id;
    this.isLocal = isLocal;
    this.handler = handler;
    this.#link = link;
    this.openFlag = isLocal ? SYN : ACK;
    this.#isSettled = !isLocal;
    this.window = new ReceiveWindow(link.config.initialWindow, link.now);
    if (isLocal) this.deadline = link.now + link.config.openTimeout;
  }

  get queued(): number {
    return this.output.length;
  }

  get receiveWindow(): number {
    return this.window.size;
  }

  get state(): MuxStream['state'] {
    if (this.#isGone) return 'closed';
    if (this.#isEnded) return 'half-closed-local';
    return this.#remoteEnded ? 'half-closed-remote' : 'open';
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isGone || this.#isEnded) return false;
    if (chunk.length > 0) {
      this.output.push(chunk);
      this.#link.queued(this, chunk.length);
    }
    if (this.output.length <= this.#link.config.sendBuffer) return true;
    this.#isBlocked = true;
    return false;
  }

  end(): void {
    if (this.#endsNow()) this.#link.sendable(this);
  }

  endLater(): void {
    if (this.#endsNow()) this.#link.sendableLater(this);
  }

  reset(): void {
    this.#free(true);
  }

  consumed(bytes: number): void {
    if (this.#isGone) return;
    const window = this.window;
    window.consume(bytes);
    this.#extend();
    if (window.isDue && !this.#remoteEnded && !this.inControlRing) this.#link.windowRead(this);
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** True once both FINs have passed. */
  get isFinished(): boolean {
    return this.#finSent && this.#remoteEnded;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get remoteEnded(): boolean {
    return this.#remoteEnded;
  }

  /**
   * True while a reset proves that the peer's application never saw the stream: the peer acknowledged nothing, and no FIN
   * hid its ACK.
   */
  get isUnseen(): boolean {
    return !this.#isSettled && !this.#finSent;
  }

  /** True if credit goes back now: half a window was read, or the stream opens with a larger window than the protocol's. */
  get creditDue(): boolean {
    if (this.#remoteEnded) return false;
    return this.window.isDue || (this.openFlag !== 0 && this.window.size > INITIAL_WINDOW);
  }

  /** True if a data frame or the FIN could be sent now. */
  get isSendable(): boolean {
    if (this.#isGone) return false;
    return this.output.length > 0 ? this.credit > 0 : this.finDue;
  }

  get finDue(): boolean {
    return this.#isEnded && !this.#finSent;
  }

  /** Takes the flag that opens or accepts the stream; it is given once. */
  takeOpenFlag(): number {
    const flag = this.openFlag;
    this.openFlag = 0;
    return flag;
  }

  /** The last byte of a queued chunk was encoded. */
  encoded(chunk: Uint8Array): void {
    this.handler.encoded?.(chunk);
  }

  /** A frame with `bytes` of the queue was encoded. */
  dataSent(bytes: number): void {
    this.credit -= bytes;
    this.#extend();
  }

  /** Called when the FIN was encoded. May free the stream. */
  finished(): void {
    this.#finSent = true;
    this.#extend();
    if (this.#remoteEnded) this.#free(false);
  }

  /** Tells the application that `bytes` were sent, after the frame is complete. */
  notifySent(bytes: number): void {
    this.handler.sent?.(this, bytes);
    if (this.#isBlocked && !this.#isGone && this.output.length < this.#link.config.sendBuffer / 2) {
      this.#isBlocked = false;
      this.handler.drain(this);
    }
  }

  /**
   * Notes that the peer took the stream, which any frame of the peer proves. hashicorp sends no ACK after an early FIN (rule
   * 12).
   */
  settle(): void {
    this.#isSettled = true;
    this.deadline = NEVER;
    this.#extend();
    this.#link.settled(this);
    this.handler.acknowledged?.(this);
  }

  /** @returns false when the sum is no uint32 (rule 21) */
  addCredit(bytes: number): boolean {
    if (this.credit + bytes > MAX_CREDIT) return false;
    this.credit += bytes;
    if (bytes > 0) this.#link.sendable(this);
    return true;
  }

  /** Payload came within the announced frame. */
  deliver(piece: Uint8Array): void {
    this.window.deliver(piece.length);
    this.#extend();
    this.handler.data(this, piece);
  }

  /** Handles the peer's FIN. */
  remoteEnd(): void {
    this.#remoteEnded = true;
    this.#extend();
    if (this.#finSent) this.#free(false);
    this.handler.end(this);
  }

  /** Ends the stream and tells the application; `tellPeer` sends an RST. */
  fail(error: YamuxError, tellPeer: boolean): void {
    if (this.#isGone) return;
    this.#free(tellPeer);
    this.handler.reset(this, error);
  }

  /** Gives the stream up, with the reason: its deadline has passed. */
  expire(): void {
    const error =
      this.#isSettled || this.#finSent
        ? new YamuxError('ERR_YAMUX_STREAM_CLOSE_TIMEOUT', `stream ${this.id} went silent after its end`)
        : new YamuxError('ERR_YAMUX_STREAM_OPEN_TIMEOUT', `stream ${this.id} was not acknowledged`);
    this.fail(error, true);
  }

  /** Ends this side of the stream. @returns false if it had ended before, in any way */
  #endsNow(): boolean {
    if (this.#isGone || this.#isEnded) return false;
    this.#isEnded = true;
    this.#extend();
    return true;
  }

  /** Sets the deadline anew: an ended stream lives as long as bytes move, and an open one without limit. */
  #extend(): void {
    if (!this.#isEnded) return;
    if (this.#isSettled || this.#finSent) this.deadline = this.#link.now + this.#link.config.closeTimeout;
  }

  #free(reset: boolean): void {
    if (this.#isGone) return;
    this.#isGone = true;
    // A SYN that never left needs no RST.
    this.#link.freed(this, reset && this.openFlag !== SYN);
    this.output.clear();
  }
}
