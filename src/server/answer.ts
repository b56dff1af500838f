// These functions write and end answers with uWebSockets.js, and avoid its pitfalls.

import type { HttpResponse } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import type { ResponseHead } from '../contract/call.js';
import type { HeaderNames } from '../http1/header-names.js';

const ASCII = /^[\x20-\x7e\t]*$/;

/** How many bytes uWebSockets.js collects before it sends, however many the socket takes. */
export const CORK_BYTES = 16 * 1024;

/** `404` → `404 Not Found`. */
export function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
}

/**
 * Ends an answer to HEAD that says `contentLength` and has no body. `endWithoutBody(n)` of uWebSockets.js would leave
 * the response pending for every n but 0, and abort the process where no `onAborted` was set.
 */
export function endHead(res: HttpResponse, contentLength: number, close: boolean): void {
  if (close) res.writeHeader('Connection', 'close');
  res.writeHeader('Content-Length', String(contentLength));
  res.endWithoutBody();
}

/**
 * Ends an answer of our own. A full socket takes a large body piece by piece: `end` of uWebSockets.js would copy the rest,
 * for each of the requests that a caller sends ahead without reading their answers. Until such an answer is sent whole,
 * uWebSockets.js ends the connection at the next request.
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

/**
 * The bytes of a text that may hold more than ASCII. uWebSockets.js must be given bytes, because its builds for Node 22 and
 * later write a string as Latin-1 when no character of it is above U+00FF.
 */
export function utf8(text: string): Buffer {
  return Buffer.from(text);
}

/** A header that a listener adds to a device's answer; its value may be followed by more headers, on lines of their own. */
export type AddedHeaders = readonly [name: string, value: string];

/**
 * Writes the headers of a device's answer, but for those in `dropped`, after our own. All go in one call, as one value: uWS
 * writes a value as it is, and each call into uWS costs more than these bytes. The device's headers were parsed, so none has
 * a line break in it.
 */
export function writeAnswerHeaders(
  res: HttpResponse,
  [ownName, ownValue]: AddedHeaders,
  { headers }: ResponseHead,
  dropped: HeaderNames,
): void {
  let lines = ownValue;
  let ascii = true;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (dropped.has(name)) continue;
    const value = headers[i + 1] as string;
    ascii &&= ASCII.test(value);
    lines += `\r\n${name}: ${value}`;
  }
  // uWS writes strings as UTF-8; headers are bytes.
  res.writeHeader(ownName, ascii ? lines : Buffer.from(lines, 'latin1'));
}
