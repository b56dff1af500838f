// This file reads the headers of a request in one go.
import type { HttpRequest } from 'uWebSockets.js';
import type { RawHeaders } from '../http1/contract.js';
import { addConnectionHeaders, isMessageHeader } from '../http1/headers.js';

/** Knows fields of a request by their names in small letters; a field that is not there is empty. */
export interface FieldSource {
  getHeader(name: string): string;
}

/** What a forwarded request takes from the caller's. */
export class RequestFields implements FieldSource {
  /** End-to-end fields, names in lower case. */
  readonly headers: RawHeaders;
  /** Bytes of the body; 0: none; undefined: chunked. */
  readonly bodyLength: number | undefined;
  readonly #names: readonly string[];
  readonly #values: readonly string[];

  constructor(
    headers: RawHeaders,
    bodyLength: number | undefined,
    names: readonly string[],
    values: readonly string[],
  ) {
    this.headers = headers;
    this.bodyLength = bodyLength;
    this.#names = names;
    this.#values = values;
  }

  /** One of the fields that were asked for, all its lines as one (RFC 9110 §5.2). */
  getHeader(name: string): string {
    return this.#values[this.#names.indexOf(name)] ?? '';
  }
}

/** Asked with names in lower case. */
interface NameSet {
  has(name: string): boolean;
}

/** Fields of the request being read: uWS wants a callback, and one for all requests needs no closure a request. */
let headers: RawHeaders;
let dropped: NameSet;
let wanted: readonly string[];
let taken: string[];
let bodyLength: number | undefined;
let connection: string | undefined;

function collect(name: string, value: string): void {
  if (name === 'content-length') bodyLength = Number(value);
  else if (name === 'transfer-encoding') bodyLength = undefined;
  else if (name === 'connection') connection = value;
  else {
    const place = wanted.indexOf(name);
    if (place >= 0) taken[place] = taken[place] ? `${taken[place]}, ${value}` : value;
    if (!dropped.has(name) && !isMessageHeader(name)) headers.push(name, value);
  }
}

const NONE: readonly string[] = [];

/**
 * Reads a request's fields, without those of the connection (RFC 9110 §7.6.1), `Expect` (the listener has answered
 * it) and those in `drop`. Fields that are in `take` are told apart on the way: each look-up at uWS costs as much.
 */
export function requestFields(req: HttpRequest, drop: NameSet, take = NONE): RequestFields {
  headers = [];
  dropped = drop;
  wanted = take;
  taken = [];
  bodyLength = 0;
  connection = undefined;
  req.forEach(collect);
  return new RequestFields(withoutListed(headers, connection), bodyLength, take, taken);
}

function withoutListed(fields: RawHeaders, listed: string | undefined): RawHeaders {
  if (listed === undefined || listed === 'keep-alive' || listed === 'close') return fields;
  const names = new Set<string>();
  addConnectionHeaders(listed, names);
  return fields.filter((_, i) => !names.has(fields[i & ~1] as string));
}
