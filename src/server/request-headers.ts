// `readRequestHeaders` reads the headers of a request in one go, and `requestId` makes the request's id.

import type { HttpRequest } from 'uWebSockets.js';
import { randomBytes } from 'node:crypto';
import type { RawHeaders } from '../http1/contract.js';
import { addConnectionHeaders, isMessageHeader } from '../http1/headers.js';

/** Gives headers of a request by their names in lower case; a header that was not sent is empty. */
export interface HeaderSource {
  getHeader(name: string): string;
}

/** The headers of a request, read once. */
export class RequestHeaders implements HeaderSource {
  /** The headers that a device gets, flat, names in lower case. */
  readonly endToEnd: RawHeaders;
  /** Bytes of the body; 0: there is no body; undefined: the body is chunked. */
  readonly bodyLength: number | undefined;
  readonly #names: readonly string[];
  readonly #values: readonly string[];

  constructor(
    endToEnd: RawHeaders,
    bodyLength: number | undefined,
    names: readonly string[],
    values: readonly string[],
  ) {
    this.endToEnd = endToEnd;
    this.bodyLength = bodyLength;
    this.#names = names;
    this.#values = values;
  }

  /** One of the headers that were asked for; all its lines are joined (RFC 9110 §5.2). */
  getHeader(name: string): string {
    return this.#values[this.#names.indexOf(name)] ?? '';
  }
}

/** A set of header names that is asked for names in lower case. */
interface NameSet {
  has(name: string): boolean;
}

/** Headers of the request that is being read. uWS takes a callback; one callback for all requests needs no closure for each. */
let headers: RawHeaders;
let dropped: NameSet;
let wanted: readonly string[];
let values: string[];
let bodyLength: number | undefined;
let connection: string | undefined;

function collect(name: string, value: string): void {
  if (name === 'content-length') bodyLength = Number(value);
  else if (name === 'transfer-encoding') bodyLength = undefined;
  else if (name === 'connection') connection = value;
  else {
    const at = wanted.indexOf(name);
    if (at >= 0) values[at] = values[at] ? `${values[at]}, ${value}` : value;
    if (!dropped.has(name) && !isMessageHeader(name)) headers.push(name, value);
  }
}

const NONE: readonly string[] = [];

/**
 * Reads a request's headers while `req` is live: all but those of the connection (RFC 9110 §7.6.1) and those in `drop`, to
 * be passed on, and those in `take`, by name. They are read in one go, because a single look-up at uWS costs as much.
 */
export function readRequestHeaders(req: HttpRequest, drop: NameSet, take = NONE): RequestHeaders {
  headers = [];
  dropped = drop;
  wanted = take;
  values = [];
  bodyLength = 0;
  connection = undefined;
  req.forEach(collect);
  return new RequestHeaders(withoutListed(headers, connection), bodyLength, take, values);
}

function withoutListed(all: RawHeaders, listed: string | undefined): RawHeaders {
  if (listed === undefined || listed === 'keep-alive' || listed === 'close') return all;
  const names = new Set<string>();
  addConnectionHeaders(listed, names);
  return all.filter((_, i) => !names.has(all[i & ~1] as string));
}

/** An id that may stand in a header, a log line and a URL without being quoted. */
const SANE = /^[A-Za-z0-9._-]{1,128}$/;

// Each thread loads its own copy of this module, so the prefix tells threads and processes apart.
const prefix = randomBytes(9).toString('base64url');
let count = 0;

/** The id of a request: the caller's X-Request-Id if it is sane, else a new id (04-rest-api). */
export function requestId(given: string | undefined): string {
  return given !== undefined && SANE.test(given) ? given : `${prefix}.${(count++).toString(36)}`;
}

/** The id of a request, from its headers. A `req` of uWS is live only before the first await. */
export function requestIdOf(req: HeaderSource): string {
  return requestId(req.getHeader('x-request-id'));
}
