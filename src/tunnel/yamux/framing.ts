// `Decoder` finds frames in received bytes, and `writeHeader` writes the header of a frame to send.
import { HEADER_LENGTH, PROTOCOL_VERSION } from './constants.js';

/**
 * Takes the frames that the decoder finds. A method returns false to stop the decoder: the session is over, and the rest of
 * the bytes is void.
 */
export interface FrameSink {
  /** The first byte of a header is not the protocol version. */
  badVersion(version: number): void;
  /** A header; `length` is payload that follows if `type` is the decoder's payload type. */
  frame(type: number, flags: number, id: number, length: number): boolean;
  /** A piece of the payload of the last frame, a view of the chunk; `last` on the piece that completes it. */
  payload(piece: Uint8Array, last: boolean): boolean;
}

/**
 * Finds frames in bytes, however they are split or joined (rule 3). Holds at most one incomplete header: payload is passed
 * on as it comes, so a large length in a header takes no memory.
 */
export class Decoder {
  readonly #sink: FrameSink;
  readonly #payloadType: number;
  /** Bytes of a header that is split over chunks; created on first use, as most sessions see none. */
  #header: Uint8Array | undefined;
  /** Bytes of `#header` filled. */
  #filled = 0;
  /** Payload bytes of the current frame still to come. */
  #payload = 0;

  /** @param payloadType the only frame type whose length counts payload (rule 2) */
  constructor(sink: FrameSink, payloadType: number) {
    this.#sink = sink;
    this.#payloadType = payloadType;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payload > 0) {
        const size = Math.min(this.#payload, chunk.length - at);
        this.#payload -= size;
        if (!this.#sink.payload(view(chunk, at, size), this.#payload === 0)) return;
        at += size;
      } else if (this.#filled === 0 && chunk.length - at >= HEADER_LENGTH) {
        if (!this.#read(chunk, at)) return;
        at += HEADER_LENGTH;
      } else {
        this.#header ??= new Uint8Array(HEADER_LENGTH);
        at = this.#fill(this.#header, chunk, at);
        if (this.#filled === HEADER_LENGTH) {
          this.#filled = 0;
          if (!this.#read(this.#header, 0)) return;
        }
      }
    }
  }

  /** Collects a header that is spread over chunks. */
  #fill(header: Uint8Array, chunk: Uint8Array, at: number): number {
    const size = Math.min(HEADER_LENGTH - this.#filled, chunk.length - at);
    for (let i = 0; i < size; i++) header[this.#filled + i] = chunk[at + i] ?? 0;
    this.#filled += size;
    return at + size;
  }

  #read(from: Uint8Array, at: number): boolean {
    const version = from[at] ?? 0;
    if (version !== PROTOCOL_VERSION) {
      this.#sink.badVersion(version);
      return false;
    }
    const type = from[at + 1] ?? 0;
    const flags = ((from[at + 2] ?? 0) << 8) | (from[at + 3] ?? 0);
    const length = readUint32(from, at + 8);
    if (type === this.#payloadType) this.#payload = length;
    return this.#sink.frame(type, flags, readUint32(from, at + 4), length);
  }
}

function readUint32(from: Uint8Array, at: number): number {
  return (
    (((from[at] ?? 0) << 24) |
      ((from[at + 1] ?? 0) << 16) |
      ((from[at + 2] ?? 0) << 8) |
      (from[at + 3] ?? 0)) >>>
    0
  );
}

/** Makes a view, always a plain Uint8Array, even of a Buffer: no consumer may depend on how the bytes were split. */
function view(chunk: Uint8Array, at: number, size: number): Uint8Array {
  return new Uint8Array(chunk.buffer, chunk.byteOffset + at, size);
}

/** Writes one frame header at `at`. @returns the offset behind it. */
export function writeHeader(
  target: Uint8Array,
  at: number,
  type: number,
  flags: number,
  id: number,
  length: number,
): number {
  target[at] = PROTOCOL_VERSION;
  target[at + 1] = type;
  target[at + 2] = flags >>> 8;
  target[at + 3] = flags;
  writeUint32(target, at + 4, id);
  writeUint32(target, at + 8, length);
  return at + HEADER_LENGTH;
}

function writeUint32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}
