// `FrameSender` picks and encodes the frames that are due to the peer: control frames first, then data of the streams in
// turn.
import { Fifo } from '../../collections/fifo.js';
import type { Config } from './config.js';
import { ACK, DATA, FIN, GO_AWAY, HEADER_LENGTH, PING, RST, SYN, WINDOW_UPDATE } from './constants.js';
import type { SessionHandler } from './contract.js';
import { writeHeader } from './framing.js';
import type { Stream } from './stream.js';

/** A frame is not cut to fit the rest of a buffer if less payload than this would fit. */
const SMALLEST_PART = 1024;

/** Marks a waiting reset that also acknowledges: it is added to the stream's id, and is greater than every id. */
const ACKNOWLEDGED = 2 ** 32;

/** The handler that is told when there is output to pull again. */
type OutputOwner = Pick<SessionHandler, 'output'>;

/** The output of a session, encoded frame by frame as it is pulled: control frames first (rule 25). */
export class FrameSender {
  readonly #config: Config;
  readonly #owner: OutputOwner;
  readonly #pongs = new Fifo<number>();
  readonly #resets = new Fifo<number>();
  readonly #control = new Fifo<Stream>();
  readonly #data = new Fifo<Stream>();
  /** Bytes queued in the streams of `#data`. */
  #ready = 0;
  #ping: number | undefined;
  #goAway: number | undefined;
  /** True from a call of `output` until `pull` has nothing left. */
  #isSignaled = false;
  #isShut = false;
  framesOut = 0;
  windowStalls = 0;

  constructor(config: Config, owner: OutputOwner) {
    this.#config = config;
    this.#owner = owner;
  }

  /** An upper bound of the bytes that `pull` could write; 0 when nothing is due. */
  get pending(): number {
    const frames =
      this.#pongs.length +
      this.#resets.length +
      this.#control.length +
      2 * this.#data.length +
      Math.ceil(this.#ready / this.#config.maxFrame) +
      (this.#ping === undefined ? 0 : 1) +
      (this.#goAway === undefined ? 0 : 1);
    return frames * HEADER_LENGTH + this.#ready;
  }

  ping(value: number): void {
    this.#ping = value;
    this.#due();
  }

  /** Answers a ping, unless too many wait: a peer that floods gets no memory for it (rule 37). */
  pong(value: number): void {
    if (this.#pongs.length >= this.#config.maxPongs) return;
    this.#pongs.push(value);
    this.#due();
  }

  /**
   * @param acknowledged the stream had been accepted, and the opener does not know yet
   * @returns false when too many resets wait (rule 41)
   */
  reset(id: number, acknowledged: boolean): boolean {
    if (this.#isShut) return true;
    if (this.#resets.length >= this.#config.maxResets) return false;
    this.#resets.push(acknowledged ? id + ACKNOWLEDGED : id);
    this.#due();
    return true;
  }

  goAway(code: number): void {
    this.#goAway = code;
    this.#due();
  }

  /** Drops all output that waits, except a last GoAway with `code`, if any. */
  shut(code: number | undefined): void {
    this.#pongs.clear();
    this.#resets.clear();
    this.#control.clear();
    this.#data.clear();
    this.#ready = 0;
    this.#ping = undefined;
    this.#goAway = undefined;
    if (code !== undefined) this.goAway(code);
    this.#isShut = true;
  }

  /** The stream has SYN, ACK or credit to send. */
  addControl(stream: Stream): void {
    if (stream.inControlRing || this.#isShut) return;
    stream.inControlRing = true;
    this.#control.push(stream);
    this.#due();
  }

  /** The stream may have data or FIN to send. */
  addData(stream: Stream): void {
    if (this.addDataLater(stream)) this.#due();
  }

  /**
   * Works as `addData`, but does not call `output`: the stream waits for other output. @returns whether there is anything
   * new
   */
  addDataLater(stream: Stream): boolean {
    if (stream.inDataRing || this.#isShut || !stream.isSendable) return false;
    stream.inDataRing = true;
    this.#ready += stream.queued;
    this.#data.push(stream);
    return true;
  }

  /** Calls `output` if a stream waits for other output. */
  sendLate(): void {
    if (this.#data.length > 0) this.#due();
  }

  /** `bytes` were added to the queue of `stream`. */
  queued(stream: Stream, bytes: number): void {
    if (stream.inDataRing) this.#ready += bytes;
    else this.addData(stream);
  }

  /** `stream` is gone; its queue is still there, but will not be sent. */
  removed(stream: Stream): void {
    if (stream.inDataRing && !this.#isShut) this.#ready -= stream.queued;
  }

  /** Encodes due frames, see `MuxSession.pull`. */
  pull(target: Uint8Array, at: number, max: number): number {
    const end = at + Math.min(max, target.length - at);
    let position = this.#pullSession(target, at, end);
    position = this.#pullControl(target, position, end);
    position = this.#pullData(target, position, at, end);
    if (position === at || this.pending === 0) this.#isSignaled = false;
    return position - at;
  }

  #due(): void {
    if (this.#isSignaled) return;
    this.#isSignaled = true;
    this.#owner.output();
  }

  #frame(target: Uint8Array, at: number, type: number, flags: number, id: number, length: number): number {
    this.framesOut++;
    return writeHeader(target, at, type, flags, id, length);
  }

  #pullSession(target: Uint8Array, at: number, end: number): number {
    let position = at;
    const last = end - HEADER_LENGTH;
    if (this.#goAway !== undefined && position <= last) {
      position = this.#frame(target, position, GO_AWAY, 0, 0, this.#goAway);
      this.#goAway = undefined;
    }
    if (this.#ping !== undefined && position <= last) {
      position = this.#frame(target, position, PING, SYN, 0, this.#ping);
      this.#ping = undefined;
    }
    while (this.#pongs.length > 0 && position <= last) {
      position = this.#frame(target, position, PING, ACK, 0, this.#pongs.shift() ?? 0);
    }
    while (this.#resets.length > 0 && position <= last) {
      const reset = this.#resets.shift() ?? 0;
      const flags = reset >= ACKNOWLEDGED ? RST | ACK : RST;
      position = this.#frame(target, position, WINDOW_UPDATE, flags, reset % ACKNOWLEDGED, 0);
    }
    return position;
  }

  #pullControl(target: Uint8Array, at: number, end: number): number {
    let position = at;
    while (position + HEADER_LENGTH <= end) {
      const stream = this.#control.shift();
      if (stream === undefined) break;
      stream.inControlRing = false;
      if (stream.isGone) continue;
      // A SYN or ACK without credit rides on the data or FIN that follows (rule 12).
      const isAlone = stream.openFlag !== 0 && !stream.inDataRing;
      if (!isAlone && !stream.creditDue) continue;
      const credit = stream.creditDue ? stream.window.grant() : 0;
      position = this.#frame(target, position, WINDOW_UPDATE, stream.takeOpenFlag(), stream.id, credit);
    }
    return position;
  }

  #pullData(target: Uint8Array, at: number, start: number, end: number): number {
    let position = at;
    for (;;) {
      const stream = this.#data.peek();
      const room = end - position - HEADER_LENGTH;
      if (stream === undefined || room < 0) return position;
      const due = stream.isGone ? 0 : Math.min(this.#config.maxFrame, stream.credit, stream.queued);
      if (due > room && (room === 0 || (room < SMALLEST_PART && position > start))) return position;
      this.#data.shift();
      if (stream.isGone) stream.inDataRing = false;
      else position = this.#pullStream(target, position, end, stream, Math.min(due, room));
    }
  }

  /** Encodes one turn of a stream: a data frame of `size` bytes, and the FIN once nothing is left. */
  #pullStream(target: Uint8Array, at: number, end: number, stream: Stream, size: number): number {
    let position = at;
    if (size > 0) {
      position = this.#frame(target, position, DATA, stream.takeOpenFlag(), stream.id, size);
      stream.output.moveTo(target, position, size);
      position += size;
      this.#ready -= size;
      stream.dataSent(size);
    }
    // FIN never goes on a data frame: hashicorp may wake its reader for the FIN before it stores the payload (PROTOCOL.md).
    if (stream.finDue && stream.queued === 0 && position + HEADER_LENGTH <= end) {
      position = this.#frame(target, position, WINDOW_UPDATE, stream.takeOpenFlag() | FIN, stream.id, 0);
      stream.finished();
    }
    this.#rotate(stream);
    if (size > 0) stream.notifySent(size);
    return position;
  }

  /** Puts the stream back at the end of the ring, or takes it out. */
  #rotate(stream: Stream): void {
    if (stream.isSendable) {
      this.#data.push(stream);
      return;
    }
    stream.inDataRing = false;
    this.#ready -= stream.queued;
    if (stream.queued > 0) this.windowStalls++;
  }
}
