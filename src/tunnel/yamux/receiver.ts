// `FrameReceiver` turns frames of the peer into changes of streams and session.

import type { Config } from './config.js';
import { ACK, DATA, FIN, GO_AWAY, PING, RST, SYN, WINDOW_UPDATE } from './constants.js';
import { YamuxError } from './contract.js';
import { Decoder, type FrameSink } from './framing.js';
import type { Stream } from './stream.js';

/** What the receiver needs of its session. */
export interface ReceiverLink {
  readonly isClosed: boolean;
  stream(id: number): Stream | undefined;
  /** The peer opens a stream, which may be refused. @returns false when that ended the session */
  opened(id: number, isDead: boolean): boolean;
  /** Bytes come for a stream that is gone. @returns false when there are too many */
  stray(bytes: number): boolean;
  pinged(value: number): void;
  ponged(value: number): void;
  wentAway(code: number): void;
  /** The peer broke the protocol: ends the session. @returns false, to stop decoding */
  violated(what: string): false;
}

/** Turns frames of the peer into changes of streams and session. */
export class FrameReceiver implements FrameSink {
  framesIn = 0;
  readonly #link: ReceiverLink;
  readonly #decoder = new Decoder(this, DATA);
  /** The stream whose payload is coming; undefined while payload is dropped. */
  #current: Stream | undefined;
  /** True if the current frame carries FIN, which counts once the frame's payload is complete. */
  #isLast = false;

  constructor(link: ReceiverLink) {
    this.#link = link;
  }

  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
  }

  badVersion(version: number): void {
    this.#link.violated(`version ${version}`);
  }

  frame(type: number, flags: number, id: number, length: number): boolean {
    this.framesIn++;
    if (type === DATA || type === WINDOW_UPDATE) return this.#streamFrame(type, flags, id, length);
    if (type === PING) {
      if ((flags & SYN) !== 0) this.#link.pinged(length);
      else this.#link.ponged(length);
    } else if (type === GO_AWAY) this.#link.wentAway(length);
    else this.#link.violated(`type ${type}`);
    return !this.#link.isClosed;
  }

  payload(piece: Uint8Array, last: boolean): boolean {
    const stream = this.#current;
    if (stream === undefined || stream.isGone) return true;
    stream.deliver(piece);
    if (last && this.#isLast && !stream.isGone) stream.remoteEnd();
    return !this.#link.isClosed;
  }

  #streamFrame(type: number, flags: number, id: number, length: number): boolean {
    if (id === 0) return this.#link.violated('stream 0');
    if ((flags & SYN) !== 0 && !this.#link.opened(id, (flags & RST) !== 0)) return false;
    const stream = this.#link.stream(id);
    this.#current = undefined;
    if (stream === undefined) return this.#unknown(type, id, length);
    if (type === DATA ? !stream.window.announce(length) : !stream.addCredit(length)) {
      return this.#link.violated(
        type === DATA ? `window of stream ${id} exceeded` : `credit of stream ${id} above 2^32-1`,
      );
    }
    if ((flags & RST) !== 0) this.#reset(stream, (flags & ACK) !== 0);
    else this.#advance(stream, type, flags, length);
    return !this.#link.isClosed;
  }

  #advance(stream: Stream, type: number, flags: number, length: number): void {
    if (!stream.isSettled) stream.settle();
    if (stream.isGone) return;
    const fin = (flags & FIN) !== 0;
    const payload = type === DATA ? length : 0;
    if (stream.remoteEnded && (fin || payload > 0)) {
      stream.fail(new YamuxError('ERR_YAMUX_PROTOCOL', `stream ${stream.id}: more after its end`), true);
    } else if (payload > 0) {
      this.#current = stream;
      this.#isLast = fin;
    } else if (fin) stream.remoteEnd();
  }

  #reset(stream: Stream, acknowledged: boolean): void {
    const error =
      stream.isUnseen && !acknowledged
        ? new YamuxError('ERR_YAMUX_STREAM_REFUSED', `stream ${stream.id} was refused by the peer`)
        : new YamuxError('ERR_YAMUX_STREAM_RESET', `stream ${stream.id} was reset by the peer`);
    stream.fail(error, false);
  }

  /**
   * Handles a frame for a stream that is gone: that is normal for a while after a reset, and a window update may even follow
   * the close (rule 10).
   */
  #unknown(type: number, id: number, length: number): boolean {
    if (type !== DATA || this.#link.stray(length)) return true;
    return this.#link.violated(`too much data for stream ${id}, which is gone`);
  }
}

/**
 * How much data for streams that are gone may still be dropped (rule 10). A peer sends it in good faith until it learns
 * of the reset, but never more than the windows of those streams allowed.
 */
export class StrayAllowance {
  #left: number;
  /** The most bytes that can be on their way. */
  readonly #most: number;

  constructor({ strayData, maxOutgoing, maxIncoming, initialWindow, windowGrowth }: Config) {
    this.#left = strayData;
    this.#most = strayData + (maxOutgoing + maxIncoming) * initialWindow + windowGrowth;
  }

  /** A stream was reset while the peer could send `credit` bytes on it. */
  add(credit: number): void {
    this.#left = Math.min(this.#left + credit, this.#most);
  }

  /** @returns false when these bytes are too many */
  take(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }
}
