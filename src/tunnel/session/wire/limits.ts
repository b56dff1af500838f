// Both threads of a session keep these limits; a limit of one side stands in the file that keeps it.
import { defaultConfig } from '../../yamux/config.js';
import { HEADER_LENGTH } from '../../yamux/constants.js';

/**
 * Bytes of a body in one message between the threads. Batches are then of like size in both directions, and their buffers go
 * back and forth; larger ones are garbage that V8 collects (docs/adr/0023).
 */
export const PIECE_BYTES = 64 * 1024;

/**
 * Bytes for a tunnel in one message: a piece of a body in its frames, so that no rest of it takes a write of its own (a chunked
 * body is a little longer).
 */
export const TRANSMIT_BYTES = PIECE_BYTES + (PIECE_BYTES / defaultConfig.maxFrame) * HEADER_LENGTH;

/** Bytes that a session may hand to its socket before the main thread reports that the socket sent them. */
export const SOCKET_CREDIT = 4 * TRANSMIT_BYTES;

/** Bytes of one device that may be on their way to its session; what comes beyond waits in the main thread. */
export const RECEIVE_CREDIT = 1024 * 1024;

/** Exchanges under way on one device, including those that wait for a stream; beyond it calls fail with `device-busy`. */
export const MAX_EXCHANGES = 2048;
