// This file loads uWebSockets.js with the limit that it reads when it is loaded.
/** Bytes that the head of a request may have: above the 64 KiB that the head of a request to a device may have. */
const MAX_HEAD_BYTES = 72 * 1024;

// uWebSockets.js reads this once, when it is loaded. Builds for Node 22 and later take 4 KiB without it, those for Node 20 anything.
process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= String(MAX_HEAD_BYTES);

/** uWebSockets.js, as every module has to load it. */
const { default: uWS } = await import('uWebSockets.js');

export default uWS;
