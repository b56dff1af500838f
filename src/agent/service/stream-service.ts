import type { Duplex } from 'node:stream';

/**
 * Serves one stream that the relay opened: an HTTP/1.1 request comes in, the answer goes out, then both ends
 * half-close. `destroy` resets the stream; an `error` event means that the relay did, or that the tunnel is gone.
 */
export type StreamService = (stream: Duplex) => void;
