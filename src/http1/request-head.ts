// This file writes the heads of requests to devices, each part checked as it is written, and the chunk coding of their bodies.
import { isMessageHeader } from './headers.js';

/** Why a request head cannot be written. */
export type RequestHeadErrorCode =
  | 'ERR_HTTP1_INVALID_METHOD'
  | 'ERR_HTTP1_INVALID_TARGET'
  | 'ERR_HTTP1_INVALID_FIELD_NAME'
  | 'ERR_HTTP1_INVALID_FIELD_VALUE'
  | 'ERR_HTTP1_FIELD_NOT_ALLOWED'
  | 'ERR_HTTP1_INVALID_FRAMING'
  | 'ERR_HTTP1_REQUEST_HEAD_TOO_LARGE';

/** A request head is invalid and may not go out; match by `code`. The message holds no bytes of the caller. */
export class RequestHeadError extends Error {
  override readonly name = 'RequestHeadError';
  readonly code: RequestHeadErrorCode;

  constructor(code: RequestHeadErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Says what follows the head, and what becomes of the stream. */
export type RequestFraming =
  /** No body follows and there is no Content-Length: GET, HEAD and the like. */
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly contentLength: number }
  | { readonly kind: 'chunked' }
  /** No body follows; the head asks for another protocol on this stream, such as `websocket`. */
  | { readonly kind: 'upgrade'; readonly protocol: string };

/** The longest method, in bytes. */
export const MAX_METHOD_BYTES = 32;
/** The longest request target, in bytes. */
export const MAX_TARGET_BYTES = 16 * 1024;
/** The longest request head, in bytes; the head of a device's answer may be as long (04-rest-api §4.1). */
export const MAX_REQUEST_HEAD_BYTES = 64 * 1024;

/*
 * Which bytes may stand where in a head, as tables of 256 flags: one look-up a character while it is written.
 */

function table(allowed: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (allowed(code) ? 1 : 0));
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/;

/** RFC 9110 §5.6.2 token: methods and header names. */
const TOKEN_CHARACTERS = table((code) => TOKEN.test(String.fromCharCode(code)));

/** RFC 9110 §7.8 protocol: a token, or two with a slash. */
const UPGRADE_CHARACTERS = table((code) => code === 0x2f || TOKEN_CHARACTERS[code] === 1);

/** Visible ASCII: request targets. */
const TARGET_CHARACTERS = table((code) => code > 0x20 && code < 0x7f);

/** RFC 9110 §5.5 header values: visible, space, tab and obs-text; no CR, LF, NUL or other control. */
const VALUE_CHARACTERS = table((code) => code === 0x09 || (code >= 0x20 && code !== 0x7f));

const INITIAL_BYTES = 4 * 1024;
const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const COLON = 0x3a;

const VERSION_LINE_END = ' HTTP/1.1\r\n';
// Each request has a stream of its own, so the device need not keep it open (RFC 9112 §9.6).
const CLOSE = 'connection: close\r\n\r\n';

/**
 * Writes request heads for the device hop into one growing buffer: `start`, `header` for each header, `end`. Every part is
 * checked as it is written; after an error, begin anew with `start`. The caller gives Host and leaves out hop-by-hop
 * headers and Content-Length, which `end` writes.
 */
export class RequestHead {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;

  /**
   * Begins a head, forgetting the one before.
   * @param target origin form (`/path?query`), or `*` with OPTIONS (RFC 9112 §3.2)
   * @throws RequestHeadError; CONNECT is refused, because its target is neither
   */
  start(method: string, target: string): void {
    this.#length = 0;
    if (method.length > MAX_METHOD_BYTES || method === 'CONNECT' || !this.#put(method, TOKEN_CHARACTERS)) {
      throw new RequestHeadError('ERR_HTTP1_INVALID_METHOD', 'method is not a token, too long or CONNECT');
    }
    this.#byte(SP);
    const formed = target.charCodeAt(0) === 0x2f || (target === '*' && method === 'OPTIONS');
    if (!formed || target.length > MAX_TARGET_BYTES || !this.#put(target, TARGET_CHARACTERS)) {
      throw new RequestHeadError('ERR_HTTP1_INVALID_TARGET', 'target is not in origin form or too long');
    }
    this.#text(VERSION_LINE_END);
  }

  /** Adds a header. @throws RequestHeadError */
  header(name: string, value: string): void {
    if (isMessageHeader(name)) {
      throw new RequestHeadError(
        'ERR_HTTP1_FIELD_NOT_ALLOWED',
        'field belongs to the connection or the framing',
      );
    }
    if (!this.#put(name, TOKEN_CHARACTERS)) {
      throw new RequestHeadError('ERR_HTTP1_INVALID_FIELD_NAME', 'field name is not a token');
    }
    this.#byte(COLON);
    this.#byte(SP);
    // An empty value is valid.
    if (value !== '' && !this.#put(value, VALUE_CHARACTERS)) {
      throw new RequestHeadError('ERR_HTTP1_INVALID_FIELD_VALUE', 'field value has a control character');
    }
    this.#byte(CR);
    this.#byte(LF);
  }

  /**
   * Ends the head.
   * @returns the whole head: a view that is valid until the next `start`
   * @throws RequestHeadError
   */
  end(framing: RequestFraming): Uint8Array {
    switch (framing.kind) {
      case 'none':
        this.#text(CLOSE);
        break;
      case 'length':
        this.#contentLength(framing.contentLength);
        this.#text(CLOSE);
        break;
      case 'chunked':
        this.#text('transfer-encoding: chunked\r\n');
        this.#text(CLOSE);
        break;
      case 'upgrade':
        this.#upgrade(framing.protocol);
        break;
    }
    return this.#bytes.subarray(0, this.#length);
  }

  #contentLength(bytes: number): void {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new RequestHeadError('ERR_HTTP1_INVALID_FRAMING', 'Content-Length is not a whole number');
    }
    this.#text(`content-length: ${bytes}\r\n`);
  }

  #upgrade(protocol: string): void {
    this.#text('connection: upgrade\r\nupgrade: ');
    if (!this.#put(protocol, UPGRADE_CHARACTERS)) {
      throw new RequestHeadError('ERR_HTTP1_INVALID_FRAMING', 'upgrade protocol is not name[/version]');
    }
    this.#text('\r\n\r\n');
  }

  /** Writes one byte a character. @returns false if empty or a character is not in `allowed` */
  #put(text: string, allowed: Uint8Array): boolean {
    const { length } = text;
    this.#reserve(length);
    const bytes = this.#bytes;
    const from = this.#length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      // A code above 255 has no entry in the table.
      if (allowed[code] !== 1) return false;
      bytes[from + i] = code;
    }
    this.#length = from + length;
    return length > 0;
  }

  /** Writes text that needs no check: this module's own. */
  #text(text: string): void {
    this.#reserve(text.length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
  }

  #byte(code: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = code;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    if (needed > MAX_REQUEST_HEAD_BYTES) {
      throw new RequestHeadError('ERR_HTTP1_REQUEST_HEAD_TOO_LARGE', 'request head too large');
    }
    const grown = Buffer.allocUnsafeSlow(
      Math.min(MAX_REQUEST_HEAD_BYTES, Math.max(needed, this.#bytes.length * 2)),
    );
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/*
 * The chunked transfer coding of a request body (RFC 9112 §7.1): chunkHead(n), n bytes, CRLF for each chunk, then LAST_CHUNK.
 */

/** The line end after the bytes of a chunk. */
export const CRLF: Uint8Array = Buffer.from('\r\n');

/** The last chunk, without trailers. */
export const LAST_CHUNK: Uint8Array = Buffer.from('0\r\n\r\n');

/**
 * The line before a chunk of `bytes` bytes.
 * @throws RangeError if `bytes` is 0, which would end the body, or no safe positive integer
 */
export function chunkHead(bytes: number): Uint8Array {
  if (!Number.isSafeInteger(bytes) || bytes <= 0) throw new RangeError(`chunk of ${bytes} bytes`);
  return Buffer.from(`${bytes.toString(16)}\r\n`, 'latin1');
}
