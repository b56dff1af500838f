import { defaultConfig } from '../../yamux/config.js';
import { HEADER_LENGTH } from '../../yamux/constants.js';

/**
 * Bytes of a body in one message between the threads. Batches are then of like size in both directions, and their buffers go
 * back and forth; larger ones are garbage that V8 collects (docs/adr/0023).
 */
export const PIECE_BYTES = 64 * 1024;

/**
 * Bytes for a tunnel in one message: a piece of a body in its frames, and (unless it is chunked) no rest that takes a write of
 * its own.
 */
export const TRANSMIT_BYTES = PIECE_BYTES + (PIECE_BYTES / defaultConfig.maxFrame) * HEADER_LENGTH;

/** Bytes that a session may hand to its socket before the gateway says that the socket took them. */
export const SOCKET_CREDIT = 4 * TRANSMIT_BYTES;

/** The gateway returns socket credit in pieces of at least this many bytes, so that small calls cost no message. */
export const SOCKET_CREDIT_STEP = SOCKET_CREDIT / 4;

/**
 * Less waits until something else is said to the session: a message of its own would wake a thread for what it does not need.
 */
export const SOCKET_CREDIT_ALONE = 3 * SOCKET_CREDIT_STEP;

/** Bytes of one device that may be on their way to its session; what comes beyond waits at the gateway. */
export const RECEIVE_CREDIT = 1024 * 1024;

/** A session says what it has read in pieces of at least this many bytes, so that small calls cost no message. */
export const RECEIVE_CREDIT_STEP = RECEIVE_CREDIT / 4;

/**
 * What may wait of one device beyond its windows: frame headers, control frames, and what it sent on streams before it
 * learned of their reset. More is no accident: the tunnel ends.
 */
export const RECEIVE_SLACK = 16 * 1024 * 1024;

/** Exchanges under way on one device, those waiting for a stream included; beyond it `device-busy`. */
export const MAX_EXCHANGES = 2048;

/** How often a session with calls under way looks at its clock: their timeouts are this exact. */
export const BUSY_TICK_MS = 1000;

/** The same for an idle session, whose heartbeat and idle timeout need no more. */
export const IDLE_TICK_MS = 5000;

/** A session reports a heartbeat at most this often. */
export const REPORT_INTERVAL_MS = 1000;

/** Bytes of bridged messages that a caller may leave unread before the device's stream is paused. */
export const WEBSOCKET_WINDOW = 256 * 1024;

/** How long a closing tunnel may take to send its GoAway before its socket is closed anyway. */
export const GOAWAY_GRACE_MS = 500;
