import type { HttpResponse } from 'uWebSockets.js';

/** What uWebSockets.js collects before it sends, whatever the socket takes. */
export const CORK_BYTES = 16 * 1024;

/**
 * Ends an answer of our own. A full socket takes a large one as it can: `end` of uWebSockets.js would copy the rest, for each of
 * the requests that a caller sends ahead and whose answers he does not read. While one is not out, it ends the connection at the
 * next request.
 */
export function endWhole(res: HttpResponse, body: Buffer | undefined, close: boolean): void {
  if (body === undefined || close || body.length <= CORK_BYTES) {
    res.end(body, close);
    return;
  }
  if (res.tryEnd(body, body.length)[1]) return;
  res.onAborted(() => {});
  res.onWritable((offset) => res.tryEnd(body.subarray(offset), body.length)[1]);
}
