// Both threads of a session keep these limits; a limit that only one side keeps stands in that side's file.
import { defaultConfig } from '../../yamux/config.js';
import { HEADER_LENGTH } from '../../yamux/constants.js';

/**
 * The most bytes of a body in one message between the threads. Batches then have a similar size in both directions, and
 * their buffers go back and forth; larger buffers would be garbage for V8 to collect (docs/adr/0023).
 */
export const PIECE_BYTES = 64 * 1024;

/**
 * The most bytes for a tunnel in one message: a piece of a body with its frame headers, so that no rest of the piece takes a
 * write of its own (a chunked body is a little longer).
 */
export const TRANSMIT_BYTES = PIECE_BYTES + (PIECE_BYTES / defaultConfig.maxFrame) * HEADER_LENGTH;

/** Bytes that a session may hand to its socket before the main thread reports that the socket sent them. */
export const SOCKET_CREDIT = 4 * TRANSMIT_BYTES;

/** Bytes of one device that may be on their way to its session; further bytes wait in the main thread. */
export const RECEIVE_CREDIT = 1024 * 1024;

/**
 * How many exchanges one device may have under way, including those that wait for a stream; further calls fail with
 * `device-busy`.
 */
export const MAX_EXCHANGES = 2048;
