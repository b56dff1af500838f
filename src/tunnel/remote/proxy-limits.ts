/** Calls and WebSockets under way at once; each has a connection of its own, so that a stream holds nobody up. Beyond it `overloaded`. */
export const MAX_CALLS = 4096;

/** How long a connection to remote-proxy may take, in ms. */
export const PROXY_CONNECT_MS = 2000;

/** An unused connection is kept this long, in ms: less than the 10 s after which uWebSockets.js closes it. */
export const KEEP_ALIVE_MS = 4000;

/** How long the handshake of a WebSocket may take, in ms: remote-proxy gives up on the device before (30 s). */
export const HANDSHAKE_MS = 45_000;

/** Fields of one request: uWebSockets.js takes 98, and carrying a request adds up to seven. */
export const MAX_FIELDS = 90;

/** The head of an answer, in bytes: what a device may send (64 KiB), and what the internal API adds. */
export const MAX_ANSWER_HEAD_BYTES = 68 * 1024;

/** Answer bytes that a caller may leave unread before remote-proxy is no longer read. */
export const ANSWER_WINDOW = 256 * 1024;

/** A problem of remote-proxy is below this many bytes. */
export const MAX_PROBLEM_BYTES = 16 * 1024;

/** How often remote-proxy is asked whether it can serve, in ms. */
export const WATCH_INTERVAL_MS = 5000;

/** Watch rounds without any answer after which calls under way are given up: a process that hangs answers none. */
export const MISSED_ROUNDS = 3;
