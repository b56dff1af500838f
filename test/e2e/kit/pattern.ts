/** Prime, so that nothing of the size of a buffer or a window falls in step with it. */
const PERIOD = 1_048_573;

const twice = Buffer.alloc(2 * PERIOD);
for (let at = 0, state = 1; at < PERIOD; at += 1) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  twice[at] = state >>> 16;
}
twice.copyWithin(PERIOD, 0, PERIOD);

/** The bytes from `offset` on of a stream without end whose every place can be told; at most 1 MiB. A view: read only. */
export function pattern(offset: number, size: number): Buffer {
  return twice.subarray(offset % PERIOD, (offset % PERIOD) + Math.min(size, PERIOD));
}

/** Counts the bytes of a {@link pattern} as they come, and tells whether all were where they belong. */
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
