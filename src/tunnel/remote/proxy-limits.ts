// This file holds the limits of the way from api-server to remote-proxy.

/**
 * Calls and WebSockets under way at once, each on a connection of its own, so that a stream holds nobody up. One more is
 * answered `overloaded`.
 */
export const MAX_CALLS = 4096;

/** Connections for control requests, which answer in a moment; requests beyond wait for one. */
export const CONTROL_CONNECTIONS = 8;

/** Control requests under way or waiting; more are refused. */
export const MAX_CONTROL_REQUESTS = 1024;

/** How long remote-proxy may take to answer a control request, in ms; it only looks into a map. */
export const CONTROL_ANSWER_MS = 5000;

/** The answer to a control request, in bytes: a list of 100,000 sessions is below this. */
export const MAX_CONTROL_ANSWER_BYTES = 64 * 1024 * 1024;

/** How long a connection to remote-proxy may take, in ms. */
export const PROXY_CONNECT_MS = 2000;

/** An unused connection is kept this long, in ms: less than the 10 s after which uWebSockets.js closes it. */
export const KEEP_ALIVE_MS = 4000;

/** How long the handshake of a WebSocket may take, in ms: remote-proxy gives up on the device before (30 s). */
export const HANDSHAKE_MS = 45_000;

/** Headers of one request: uWebSockets.js takes 98, and carrying a request adds up to seven. */
export const MAX_REQUEST_HEADERS = 90;

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
