// This file makes endless bytes whose position can be recognized, and checks them as they arrive.

/** The period of the bytes. It is prime, so that no buffer or window is a multiple of it. */
const PERIOD = 1_048_573;

const twice = Buffer.alloc(2 * PERIOD);
for (let at = 0, state = 1; at < PERIOD; at += 1) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  twice[at] = state >>> 16;
}
twice.copyWithin(PERIOD, 0, PERIOD);

/**
 * The bytes from `offset` on of an endless stream in which each position can be recognized; at most 1 MiB. The result is a view,
 * to be read only.
 */
export function pattern(offset: number, size: number): Buffer {
  return twice.subarray(offset % PERIOD, (offset % PERIOD) + Math.min(size, PERIOD));
}

/** Counts the bytes of a {@link pattern} as they come, and tells whether all of them were in their places. */
export class PatternCheck {
  length = 0;
  intact = true;

  take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += PERIOD) {
      const part = chunk.subarray(at, at + PERIOD);
      this.intact &&= pattern(this.length, part.length).equals(part);
      this.length += part.length;
    }
  }
}
