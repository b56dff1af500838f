import type { HttpResponse } from 'uWebSockets.js';
import type { ResponseHead } from '../contract/call.js';
import type { HeaderNames } from '../http1/header-names.js';

/** A field that a listener adds to a device's answer; behind its value, on lines of their own, there may be more. */
export type OwnFields = readonly [name: string, value: string];

/**
 * Writes the fields of a device's answer, but for those in `dropped`, behind our own. All at once: uWS puts a value as it
 * is, and each call into it costs more than these bytes. The device's were parsed: none has a line break in it.
 */
export function writeAnswerFields(
  res: HttpResponse,
  [ownName, ownValue]: OwnFields,
  { headers }: ResponseHead,
  dropped: HeaderNames,
): void {
  let fields = ownValue;
  let ascii = true;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (dropped.has(name)) continue;
    const value = headers[i + 1] as string;
    ascii &&= ASCII.test(value);
    fields += `\r\n${name}: ${value}`;
  }
  // uWS writes strings as UTF-8; fields are bytes.
  res.writeHeader(ownName, ascii ? fields : Buffer.from(fields, 'latin1'));
}

const ASCII = /^[\x20-\x7e\t]*$/;
