import { HEADER_LENGTH, PROTOCOL_VERSION } from './constants.js';

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
