// A `StreamService` answers the streams that the relay opens; `discardRest` drops the bytes that still come on an answered
// one.
import type { Duplex } from 'node:stream';

/**
 * Serves one stream that the relay opened: an HTTP/1.1 request comes in, the answer goes out, then both ends half-close.
 * `destroy` resets the stream; an `error` event means that the relay reset it, or that the tunnel is gone.
 */
export type StreamService = (stream: Duplex) => void;

/** How many bytes of an upload are dropped, and for how long, before its stream is reset. */
export interface DiscardLimits {
  readonly bytes: number;
  readonly ms: number;
}

const LIMITS: DiscardLimits = { bytes: 1 << 20, ms: 10_000 };

/**
 * Reads and drops the bytes that still come on an answered stream, because yamux has no "stop sending" (rule 29); resets the
 * stream when that is too much or takes too long.
 */
export function discardRest(stream: Duplex, { bytes, ms }: DiscardLimits = LIMITS): void {
  let left = bytes;
  const timer = setTimeout(() => stream.destroy(), ms);
  stream.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) stream.destroy();
  });
  // A broken pipe has left the stream paused.
  stream.resume();
  stream.once('end', () => clearTimeout(timer));
  stream.once('close', () => clearTimeout(timer));
}
