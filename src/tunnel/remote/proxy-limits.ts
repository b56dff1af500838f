// This file holds the limits of the way from api-server to remote-proxy.

/**
 * How many calls and WebSockets may be under way at once, each on a connection of its own, so that a stream holds up no
 * other. One more is answered `overloaded`.
 */
export const MAX_CALLS = 4096;

/** How many connections there are for control requests, which are answered in a moment; further requests wait for one. */
export const CONTROL_CONNECTIONS = 8;

/** How many control requests may be under way or wait; more are refused. */
export const MAX_CONTROL_REQUESTS = 1024;

/** How long remote-proxy may take to answer a control request, in ms; it only looks a session up. */
export const CONTROL_ANSWER_MS = 5000;

/** The longest answer to a control request, in bytes: a list of 100,000 sessions is shorter. */
export const MAX_CONTROL_ANSWER_BYTES = 64 * 1024 * 1024;

/** How long a connection to remote-proxy may take to be made, in ms. */
export const PROXY_CONNECT_MS = 2000;

/** How long an unused connection is kept, in ms: less than the 10 s after which uWebSockets.js closes it. */
export const KEEP_ALIVE_MS = 4000;

/** How long the handshake of a WebSocket may take, in ms: remote-proxy gives up on the device before (30 s). */
export const HANDSHAKE_MS = 45_000;

/** How many headers a request may have: uWebSockets.js takes 98, and carrying a request adds up to seven. */
export const MAX_REQUEST_HEADERS = 90;

/**
 * The longest head of an answer, in bytes: 64 KiB that a device may send, and room for the headers that the internal API
 * adds.
 */
export const MAX_ANSWER_HEAD_BYTES = 68 * 1024;

/** How many answer bytes a caller may leave unread before remote-proxy is no longer read. */
export const ANSWER_WINDOW = 256 * 1024;

/** The longest problem document of remote-proxy, in bytes. */
export const MAX_PROBLEM_BYTES = 16 * 1024;

/** How often remote-proxy is asked whether it can serve, in ms. */
export const WATCH_INTERVAL_MS = 5000;

/** Watch rounds without any answer after which calls under way are given up: a process that hangs answers none. */
export const MISSED_ROUNDS = 3;
