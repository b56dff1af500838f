import type { Duplex } from 'node:stream';

/** What the rest of an upload may be and take after its answer is out; yamux has no "stop sending" (rule 29). */
const MAX_DISCARDED_BYTES = 1 << 20;
const MAX_DISCARD_MS = 10_000;

/** Reads and drops what still comes on an answered stream; resets it when that is too much or takes too long. */
export function discardRest(stream: Duplex): void {
  let left = MAX_DISCARDED_BYTES;
  const timer = setTimeout(() => stream.destroy(), MAX_DISCARD_MS);
  stream.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) stream.destroy();
  });
  // A pipe that broke has paused it.
  stream.resume();
  stream.once('end', () => clearTimeout(timer));
  stream.once('close', () => clearTimeout(timer));
}
