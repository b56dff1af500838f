// This harness joins two yamux sessions in memory, and records what each is told.
import { type Config, makeConfig } from '../../../src/tunnel/yamux/config.js';
import type {
  MuxSession,
  MuxStream,
  Role,
  SessionHandler,
  StreamHandler,
  YamuxError,
} from '../../../src/tunnel/yamux/contract.js';
import { createSession } from '../../../src/tunnel/yamux/session.js';

/** What the bytes are afterwards that were lent to a session. */
const OVERWRITTEN = 0x21;

/** Records the events of one stream; reads at once unless told not to. */
export class StreamLog implements StreamHandler {
  readonly chunks: Uint8Array[] = [];
  readonly events: string[] = [];
  bytes = 0;
  unread = 0;
  sentBytes = 0;
  error: YamuxError | undefined;
  stream: MuxStream | undefined;
  readonly reads: boolean;

  constructor(reads = true) {
    this.reads = reads;
  }

  data(stream: MuxStream, chunk: Uint8Array): void {
    this.chunks.push(chunk.slice());
    this.bytes += chunk.length;
    this.events.push('data');
    if (this.reads) stream.consumed(chunk.length);
    else this.unread += chunk.length;
  }
  end(): void {
    this.events.push('end');
  }
  reset(_stream: MuxStream, error: YamuxError): void {
    this.events.push('reset');
    this.error = error;
  }
  drain(): void {
    this.events.push('drain');
  }
  sent(_stream: MuxStream, bytes: number): void {
    this.sentBytes += bytes;
  }
  acknowledged(): void {
    this.events.push('acknowledged');
  }
  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }
}

/** One end: a session, its clock and what it was told. */
export class End implements SessionHandler {
  readonly session: MuxSession;
  readonly incomingLogs: StreamLog[] = [];
  readonly events: string[] = [];
  readonly roundTrips: number[] = [];
  error: YamuxError | undefined;
  now = 0;
  /** What to do with a stream of the peer. */
  accept: (stream: MuxStream) => StreamHandler | undefined;

  /** @param nextId the first id to open, to come near the last one */
  constructor(role: Role, config: Partial<Config> = {}, nextId?: number) {
    this.accept = (stream) => {
      const log = new StreamLog();
      log.stream = stream;
      this.incomingLogs.push(log);
      return log;
    };
    this.session = createSession(role, this, 0, makeConfig({ random: () => 0, ...config }), nextId);
  }

  output(): void {
    this.events.push('output');
  }
  incoming(stream: MuxStream): StreamHandler | undefined {
    return this.accept(stream);
  }
  openable(): void {
    this.events.push('openable');
  }
  roundTrip(ms: number): void {
    this.roundTrips.push(ms);
  }
  goneAway(): void {
    this.events.push('goneAway');
  }
  closed(error: YamuxError | undefined): void {
    this.events.push('closed');
    this.error = error;
  }

  /** Opens a stream with a log. */
  open(reads = true): StreamLog & { stream: MuxStream } {
    const log = new StreamLog(reads);
    const stream = this.session.open(log);
    if (stream === undefined) throw new Error('cannot open');
    return Object.assign(log, { stream });
  }

  /** Everything due, as one chunk. */
  take(max = 1 << 20): Uint8Array {
    const parts: Uint8Array[] = [];
    for (;;) {
      const target = new Uint8Array(max);
      const size = this.session.pull(target, 0, max);
      if (size === 0) return Buffer.concat(parts);
      parts.push(target.subarray(0, size));
    }
  }

  give(...frames: Uint8Array[]): void {
    for (const frame of frames) {
      const lent = Uint8Array.from(frame);
      this.session.receive(lent, this.now);
      lent.fill(OVERWRITTEN);
    }
  }

  tick(now: number): void {
    this.now = now;
    this.session.tick(now);
  }

  /** The frames due. */
  frames(): Frame[] {
    return parse(this.take());
  }
}

/** Carries bytes both ways until neither has any. */
export function settle(a: End, b: End): void {
  for (;;) {
    const toB = a.take();
    b.give(toB);
    const toA = b.take();
    a.give(toA);
    if (toA.length === 0 && toB.length === 0) return;
  }
}

/** A server and a client that are connected. */
export function pair(
  server: Partial<Config> = {},
  client: Partial<Config> = server,
): { relay: End; device: End } {
  return { relay: new End('server', server), device: new End('client', client) };
}

export interface Frame {
  type: number;
  flags: number;
  id: number;
  length: number;
  payload: string;
}

export const DATA = 0;
export const WINDOW = 1;
export const PING = 2;
export const GO_AWAY = 3;
export const SYN = 1;
export const ACK = 2;
export const FIN = 4;
export const RST = 8;

/** A frame as hashicorp encodes it, written apart from the code under test. */
export function frame(
  type: number,
  flags: number,
  id: number,
  body: number | Uint8Array | string,
): Uint8Array {
  const payload = typeof body === 'number' ? Buffer.alloc(0) : Buffer.from(body as string);
  const header = Buffer.alloc(12);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(flags, 2);
  header.writeUInt32BE(id, 4);
  header.writeUInt32BE(typeof body === 'number' ? body : payload.length, 8);
  return Buffer.concat([header, payload]);
}

export function parse(bytes: Uint8Array): Frame[] {
  const buffer = Buffer.from(bytes);
  const frames: Frame[] = [];
  for (let at = 0; at < buffer.length; ) {
    const type = buffer.readUInt8(at + 1);
    const length = buffer.readUInt32BE(at + 8);
    const end = at + 12 + (type === DATA ? length : 0);
    if (buffer.readUInt8(at) !== 0 || end > buffer.length) throw new Error(`broken frame at ${at}`);
    frames.push({
      type,
      flags: buffer.readUInt16BE(at + 2),
      id: buffer.readUInt32BE(at + 4),
      length,
      payload: buffer.toString('latin1', at + 12, end),
    });
    at = end;
  }
  return frames;
}

/**
 * Connects two ends as their owners would: bytes move in a later turn after `output`. `stop` blocks the direction
 * from an end, `go` opens it again.
 */
export class Link {
  readonly #stopped = new Set<End>();
  readonly #due = new Set<End>();
  readonly #peer: Map<End, End>;

  constructor(a: End, b: End) {
    this.#peer = new Map([
      [a, b],
      [b, a],
    ]);
    a.output = () => this.#schedule(a);
    b.output = () => this.#schedule(b);
  }

  stop(from: End): void {
    this.#stopped.add(from);
  }

  go(from: End): void {
    this.#stopped.delete(from);
    this.#schedule(from);
  }

  #schedule(from: End): void {
    if (this.#due.has(from)) return;
    this.#due.add(from);
    setImmediate(() => {
      this.#due.delete(from);
      this.#carry(from);
    });
  }

  #carry(from: End): void {
    if (this.#stopped.has(from)) return;
    const target = new Uint8Array(64 << 10);
    const size = from.session.pull(target, 0, target.length);
    if (size === 0) return;
    this.#peer.get(from)?.give(target.subarray(0, size));
    if (from.session.pending > 0) this.#schedule(from);
  }
}
