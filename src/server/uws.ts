// This file loads uWebSockets.js with the limit that the library reads when it is loaded.
/** Bytes that the head of a request may have: above the 64 KiB that the head of a request to a device may have. */
const MAX_HEAD_BYTES = 72 * 1024;

// uWebSockets.js reads this once, when it is loaded. Without it, builds for Node 22 and later take heads of 4 KiB, and those
// for Node 20 heads of any size.
process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= String(MAX_HEAD_BYTES);

/** uWebSockets.js, as every module has to load it. */
const { default: uWS } = await import('uWebSockets.js');

export default uWS;
