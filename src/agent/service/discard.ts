import type { Duplex } from 'node:stream';

/** What the rest of an upload may be, and take. */
export interface DiscardLimits {
  readonly bytes: number;
  readonly ms: number;
}

const LIMITS: DiscardLimits = { bytes: 1 << 20, ms: 10_000 };

/**
 * Reads and drops what still comes on an answered stream, because yamux has no "stop sending" (rule 29); resets it
 * when that is too much or takes too long.
 */
export function discardRest(stream: Duplex, { bytes, ms }: DiscardLimits = LIMITS): void {
  let left = bytes;
  const timer = setTimeout(() => stream.destroy(), ms);
  stream.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) stream.destroy();
  });
  // A pipe that broke has paused it.
  stream.resume();
  stream.once('end', () => clearTimeout(timer));
  stream.once('close', () => clearTimeout(timer));
}
