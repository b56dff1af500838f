// This file reads the head of a response: its headers, and where the body that follows ends.
import type { ParseErrorCode, RawHeaders } from './contract.js';
import type { Llhttp, Run, SpanKind } from './llhttp.js';

/** Collects the headers of a head, or the trailers of a trailer section, from the pieces that llhttp reports. */
export class HeaderCollector {
  reason = '';
  headers: RawHeaders = [];
  #last: SpanKind | undefined;

  /** Header names seen so far, the one being read included. */
  get names(): number {
    return (this.headers.length + 1) >> 1;
  }

  /** Takes the pieces of one run. They are decoded in one call, which is most of the cost of a head. */
  add(llhttp: Llhttp, run: Run): void {
    const first = run.spans[0];
    const last = run.spans[run.spanCount - 1];
    if (run.spanCount === 0 || first === undefined || last === undefined) return;
    const text = llhttp.text(first.at, last.at + last.length);
    for (let i = 0; i < run.spanCount; i++) {
      const span = run.spans[i];
      if (span === undefined) return;
      const from = span.at - first.at;
      // Only the first piece of a run can continue a piece of an earlier run.
      this.#piece(span.kind, text.substring(from, from + span.length), i === 0 && span.kind === this.#last);
      this.#last = span.kind;
    }
  }

  #piece(kind: SpanKind, text: string, continues: boolean): void {
    const { headers } = this;
    if (kind === 'reason') {
      this.reason += text;
    } else if (continues) {
      headers[headers.length - 1] += text;
    } else {
      // A name without a value piece has an empty value: names and values must never swap places.
      if ((headers.length & 1) === (kind === 'name' ? 1 : 0)) headers.push('');
      headers.push(text);
    }
  }

  /** The headers, with white space after values removed (RFC 9112 §5.1; llhttp removes the white space before them). */
  take(): RawHeaders {
    const { headers } = this;
    if (headers.length & 1) headers.push('');
    for (let i = 1; i < headers.length; i += 2) {
      const value = headers[i];
      if (value !== undefined && endsInSpace(value)) headers[i] = value.trimEnd();
    }
    this.headers = [];
    this.#last = undefined;
    return headers;
  }
}

function endsInSpace(value: string): boolean {
  const code = value.charCodeAt(value.length - 1);
  return code === 0x20 || code === 0x09;
}

/** How the end of a response's body is known (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: 'none'; readonly contentLength: number | undefined }
  | { readonly kind: 'length'; readonly contentLength: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' }
  | { readonly kind: 'upgrade' };

/** A fault in a head that llhttp accepts and this product does not. */
export interface HeadFault {
  readonly kind: 'fault';
  readonly code: ParseErrorCode;
  readonly detail: string;
}

const CHUNKED: Framing = { kind: 'chunked' };
const UNTIL_CLOSE: Framing = { kind: 'until-close' };
const UPGRADE: Framing = { kind: 'upgrade' };
const NO_BODY: Framing = { kind: 'none', contentLength: undefined };

function fault(detail: string): HeadFault {
  return { kind: 'fault', code: 'ERR_HTTP1_MALFORMED', detail };
}

/** Bytes that RFC 9112 §4 keeps out of a reason phrase: all controls but the tab. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

/**
 * Checks a status line where llhttp is lax: llhttp accepts versions 0.9 and 2.0, any three digits, and any byte in the
 * reason.
 */
export function checkStatusLine(version: number, status: number, reason: string): HeadFault | undefined {
  if (version !== 11 && version !== 10) return fault('HTTP version is neither 1.0 nor 1.1');
  if (status < 100 || status > 599) return fault('status code out of 100 to 599');
  if (CONTROL.test(reason)) return fault('control character in the reason phrase');
  return undefined;
}

/** Decides where the body ends, or what is wrong with the headers that say so. */
export function readFraming(
  version: number,
  status: number,
  headers: RawHeaders,
  isHead: boolean,
): Framing | HeadFault {
  let length: string | undefined;
  let coding: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (length !== undefined) return fault('two Content-Length fields');
      length = headers[i + 1];
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      if (coding !== undefined) return fault('two Transfer-Encoding fields');
      coding = headers[i + 1];
    }
  }
  if (coding !== undefined && length !== undefined) return fault('Content-Length and Transfer-Encoding');
  if (coding !== undefined) return chunkedFraming(version, status, coding, isHead);
  if (length !== undefined) return lengthFraming(status, length, isHead);
  if (status === 101) return UPGRADE;
  return isBodyless(status, isHead) ? NO_BODY : UNTIL_CLOSE;
}

/**
 * Whether a response ends with its head, whatever its headers say: the answer to HEAD, and any 1xx, 204 and 304
 * (RFC 9110 §6.4.1, RFC 9112 §6.3).
 */
export function isBodyless(status: number, isHead: boolean): boolean {
  return isHead || status < 200 || status === 204 || status === 304;
}

function chunkedFraming(
  version: number,
  status: number,
  coding: string,
  isHead: boolean,
): Framing | HeadFault {
  // No TE header is ever sent, so a device may use no other coding than chunked, which is removed before the user sees the
  // body.
  if (coding.toLowerCase() !== 'chunked') return fault('Transfer-Encoding other than chunked');
  if (version === 10) return fault('Transfer-Encoding in HTTP/1.0');
  if (status === 101) return UPGRADE;
  return isBodyless(status, isHead) ? NO_BODY : CHUNKED;
}

function lengthFraming(status: number, digits: string, isHead: boolean): Framing | HeadFault {
  const contentLength = Number(digits);
  if (!/^\d+$/.test(digits) || !Number.isSafeInteger(contentLength)) return fault('bad Content-Length');
  if (status === 101) return UPGRADE;
  // 1xx and 204 give no length at all; HEAD and 304 give that of the body which they leave out (RFC 9110 §8.6).
  if (status < 200 || status === 204) return NO_BODY;
  if (isBodyless(status, isHead) || contentLength === 0) return { kind: 'none', contentLength };
  return { kind: 'length', contentLength };
}

/** True for headers that would change the framing after the fact; they may not be trailers (RFC 9110 §6.5.1). */
export function hasFramingHeader(trailers: RawHeaders): boolean {
  for (let i = 0; i < trailers.length; i += 2) {
    const name = (trailers[i] ?? '').toLowerCase();
    if (name === 'content-length' || name === 'transfer-encoding') return true;
  }
  return false;
}
