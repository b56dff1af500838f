// `Link` packs messages into batches, bounds the bytes on their way to the other side, and reads the batches that arrive.
import { deserialize, serialize } from 'node:v8';
import { Fifo } from '../../collections/fifo.js';
import type { TurnEnd } from '../host.js';
import { BATCH_BYTES, CREDIT_SHARE, LINK_HARD_BYTES, LINK_SOFT_BYTES, READ_TURN_MS } from '../limits.js';
import type { Codec, PackReader, PackWriter } from '../pack.js';
import { BatchBuffers } from './batch-buffers.js';
import { BatchReading } from './batch-reading.js';
import { CREDIT_ENTRY, HEADER_BYTES, HOST_ID, TELL_ENTRY } from './entry.js';
import type { Transport } from './transport.js';

/** Bounds on the bytes posted and not yet consumed by the other side. */
export interface LinkBounds {
  /** The bound at which `writable` becomes false. Default 4 MiB. */
  readonly softBytes: number;
  /** The bound at which messages are refused. Default 64 MiB. */
  readonly hardBytes: number;
}

/** The bounds of a link for which none are given. */
export const defaultBounds: LinkBounds = { softBytes: LINK_SOFT_BYTES, hardBytes: LINK_HARD_BYTES };

/** Takes the entries of a batch, one after the other. */
export interface EntryHandler {
  /**
   * @param body the payload; valid during the call, but byte ranges read from it may be kept, unless they are `lent`, or `leased` and released.
   * @param bytes size of the whole entry.
   * @returns how many of `bytes` are still held; `consumed` is called for them later.
   */
  entry(type: number, actor: number, body: PackReader, bytes: number): number;
}

/** Counters since the start. */
export interface LinkStats {
  sentMessages: number;
  sentBatches: number;
  receivedMessages: number;
  receivedBatches: number;
}

/**
 * One end of a bounded mailbox between two threads or processes. Messages sent in one loop turn are packed into one batch
 * and posted once. Batches that arrived are read for some milliseconds a turn. The receiver gives credit for the bytes it
 * consumed, with its next batch or, when it owes a quarter of the soft bound, in a batch of its own.
 */
export class Link {
  readonly #transport: Transport;
  readonly #bounds: LinkBounds;
  readonly #handler: EntryHandler;
  readonly #buffers = new BatchBuffers();
  #batch: PackWriter;
  #scheduled = false;
  /** Where in the batch the last entry begins if it is a message; -1: there is none to join. */
  #lastTell = -1;
  #lastActor = HOST_ID;
  /** Bytes posted and not yet consumed by the other side. */
  #unconsumed = 0;
  /** Bytes that were consumed here and not yet credited to the other side. */
  #owed = 0;
  #waiting = new Set<() => void>();
  #closed = false;
  readonly stats: LinkStats = {
    sentMessages: 0,
    sentBatches: 0,
    receivedMessages: 0,
    receivedBatches: 0,
  };
  /** Work to do before this turn's batch is posted. */
  #beforePost: TurnEnd[] = [];
  readonly #post = () => {
    this.#scheduled = false;
    this.#doBeforePost();
    this.flush();
  };

  /** Batches that have arrived and are not read to their end. */
  readonly #arrivals = new Fifo<BatchReading>();
  /** Batches that were read and still have leased ranges, by buffer; held weakly, as a range may never be released. */
  readonly #leased = new WeakMap<ArrayBufferLike, BatchReading>();
  /** When reading stops in this loop turn, in ms of `performance.now`; 0: it has not begun. */
  #turnEnds = 0;
  readonly #endTurn = () => {
    this.#turnEnds = 0;
    if (this.#arrivals.length > 0) this.#beginTurn();
  };
  readonly #entry = (reading: BatchReading, type: number, actor: number, bytes: number): void => {
    if (type === CREDIT_ENTRY) return this.#takeCredit(reading.body.u32());
    this.stats.receivedMessages += 1;
    reading.consumed -= this.#handler.entry(type, actor, reading.body, bytes);
  };

  constructor(transport: Transport, handler: EntryHandler, bounds: LinkBounds) {
    this.#transport = transport;
    this.#handler = handler;
    this.#bounds = bounds;
    this.#batch = this.#buffers.next();
    transport.listen((batch, surplus) => this.#arrived(batch, surplus));
  }

  /** Bytes on their way or waiting at the other side. */
  get depthBytes(): number {
    return this.#unconsumed + this.#batch.length;
  }

  /** False while the link holds its soft bound or more. */
  get writable(): boolean {
    return this.#unconsumed + this.#batch.length < this.#bounds.softBytes;
  }

  /** True while the link holds its hard bound: messages are refused. */
  get full(): boolean {
    return this.#unconsumed + this.#batch.length >= this.#bounds.hardBytes;
  }

  /** Calls `resume` once, when the link is writable again; at the next credit if it is now. */
  onWritable(resume: () => void): void {
    this.#waiting.add(resume);
  }

  offWritable(resume: () => void): void {
    this.#waiting.delete(resume);
  }

  /** Packs a message. False: refused. Throws what the codec throws, and sends nothing then. */
  tell<T>(actor: number, codec: Codec<T, unknown>, message: T): boolean {
    if (this.full || this.#closed) return false;
    const batch = this.#batch;
    const last = this.#lastTell;
    if (last >= 0 && this.#lastActor === actor && codec.join?.(message, batch, last + HEADER_BYTES)) {
      this.#seal(last);
      return true;
    }
    const at = this.#open(actor, TELL_ENTRY);
    try {
      codec.write(message, batch);
    } catch (error) {
      batch.rewind(at);
      throw error;
    }
    this.stats.sentMessages += 1;
    this.#lastTell = at;
    this.#lastActor = actor;
    this.#seal(at);
    return true;
  }

  /** Packs a system entry; never refused. `value` goes last, in V8's format, and is packed before anything is sent. */
  send(
    type: number,
    actor: number,
    head?: (out: PackWriter) => void,
    value?: { readonly v8: unknown },
  ): void {
    if (this.#closed) return;
    const packed = value === undefined ? undefined : serialize(value.v8);
    const at = this.#open(actor, type);
    head?.(this.#batch);
    if (packed !== undefined) this.#batch.raw(packed);
    this.stats.sentMessages += 1;
    this.#seal(at);
  }

  /** Reports that `bytes` that an entry held are consumed now. */
  consumed(bytes: number): void {
    this.#owed += bytes;
    if (this.#owed >= this.#bounds.softBytes / CREDIT_SHARE) this.#schedule();
  }

  /** Takes back a range that a message leased; ignores any other range. */
  release(range: Uint8Array): void {
    const current = this.#arrivals.peek();
    if (current?.batch.buffer === range.buffer) return current.body.release(range);
    const reading = this.#leased.get(range.buffer);
    if (reading === undefined) return;
    reading.body.release(range);
    if (reading.body.isLeased) return;
    this.#leased.delete(range.buffer);
    this.#recycle(reading);
  }

  /** Calls `work.endTurn`, which must not throw, just before this turn's batch is posted. */
  beforePost(work: TurnEnd): void {
    this.#beforePost.push(work);
    this.#schedule();
  }

  /** Posts the packed messages at once. */
  flush(): void {
    if (this.#closed) return;
    if (this.#owed > 0) this.#giveCredit();
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#lastTell = -1;
    this.#unconsumed += batch.length;
    this.stats.sentBatches += 1;
    const given = this.#transport.post(batch.bytes.subarray(0, batch.length), this.#buffers.takeSurplus());
    this.#batch = this.#buffers.after(batch, given);
  }

  /** Delivers everything that has arrived and was not read yet. */
  drain(): void {
    this.#transport.drain();
    this.#readUntil(Number.POSITIVE_INFINITY);
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#arrivals.clear();
    this.#transport.close();
  }

  #open(actor: number, type: number): number {
    this.#lastTell = -1;
    const at = this.#batch.reserve(HEADER_BYTES);
    const bytes = this.#batch.bytes;
    bytes.writeUInt32LE(actor, at + 4);
    bytes[at + 8] = type;
    this.#batch.commit(HEADER_BYTES);
    return at;
  }

  #seal(at: number): void {
    const length = this.#batch.length;
    this.#batch.patchU32(at, length - at);
    if (length >= BATCH_BYTES) this.flush();
    else this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#post);
  }

  #doBeforePost(): void {
    if (this.#beforePost.length === 0) return;
    const work = this.#beforePost;
    this.#beforePost = [];
    for (const each of work) each.endTurn();
  }

  #giveCredit(): void {
    const at = this.#open(HOST_ID, CREDIT_ENTRY);
    this.#batch.u32(this.#owed);
    this.#batch.patchU32(at, this.#batch.length - at);
    this.#owed = 0;
  }

  #arrived(batch: Buffer, surplus: readonly ArrayBuffer[]): void {
    this.#buffers.add(surplus);
    this.stats.receivedBatches += 1;
    this.#arrivals.push(new BatchReading(batch));
    // Batches before this one are being read, or wait for the next turn.
    if (this.#arrivals.length > 1) return;
    if (this.#turnEnds === 0) this.#beginTurn();
    else this.#readUntil(this.#turnEnds);
  }

  #beginTurn(): void {
    this.#turnEnds = performance.now() + READ_TURN_MS;
    setImmediate(this.#endTurn);
    this.#readUntil(this.#turnEnds);
  }

  /** Reads what has arrived until `turnEnds`; the rest waits for the next turn. */
  #readUntil(turnEnds: number): void {
    for (let next = this.#arrivals.peek(); next !== undefined; next = this.#arrivals.peek()) {
      if (performance.now() >= turnEnds || !next.run(this.#entry, turnEnds)) return;
      this.#arrivals.shift();
      this.#recycle(next);
      this.consumed(next.consumed);
    }
  }

  /** Reuses the buffer of a batch that was read, once no leased range is left of it; never if a reader may keep a view. */
  #recycle(reading: BatchReading): void {
    const { batch, body, consumed } = reading;
    // A message that waits in a mailbox still needs its bytes, the lent ones included.
    if (!this.#transport.givesBuffers || body.isKept || consumed < batch.length) return;
    if (body.isLeased) this.#leased.set(batch.buffer, reading);
    else this.#buffers.recycle(batch);
  }

  #takeCredit(bytes: number): void {
    this.#unconsumed -= bytes;
    if (this.#waiting.size === 0 || !this.writable) return;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const resume of waiting) resume();
  }
}

/**
 * Reads the value at the end of an entry, in V8's format, which is safe because the other end of the link, our own code,
 * packed it.
 */
export function readValue<T>(body: PackReader): T {
  return deserialize(body.rest()) as T;
}
