// `createResponseParser` makes a strict parser, over llhttp, for one response of a device.
import type { ParseErrorCode, RawHeaders, ResponseHandler, ResponseParser } from './contract.js';
import { type Llhttp, llhttp, NO_PARSER, type ParserAddress, type Run } from './llhttp.js';
import {
  checkStatusLine,
  type Framing,
  HeaderCollector,
  hasFramingHeader,
  readFraming,
} from './response-head.js';

/** The request's method, and limits on the heads and headers that a device may send. */
export interface ResponseParserOptions {
  /** Method of the request: the answer to HEAD has no body. */
  readonly method: string;
  /** Bytes of all heads of one response, interim ones included. */
  readonly maxHeadBytes?: number;
  /** Headers of one head, or trailers of one trailer section. */
  readonly maxHeaders?: number;
}

/** The default limits: bytes of all heads of a response, and headers of one head (04-rest-api §4.1). */
export const MAX_HEAD_BYTES = 64 * 1024;
export const MAX_HEADERS = 128;

/**
 * Bytes of chunk sizes, chunk extensions and trailers that a device may send beyond those that its body bytes pay for. Each
 * body byte pays for OVERHEAD_PER_BODY_BYTE of them, so that one byte a chunk stays possible.
 */
export const MAX_CHUNK_OVERHEAD = 16 * 1024;
const OVERHEAD_PER_BODY_BYTE = 16;

/** How much is copied into wasm memory at once for a head: little more than a head, as most bytes after it need no parser. */
const HEAD_SLICE_BYTES = 8 * 1024;

const CAPITAL_H = 0x48;

/** The part of the response that comes next; `none` lasts only while the head of a bodyless response is reported. */
type Phase = 'head' | 'none' | 'length' | 'until-close' | 'chunked' | 'ended';

/** Makes a parser for one response; see `ResponseParser`. Takes wasm memory only while a head or a chunked body is read. */
export function createResponseParser(
  handler: ResponseHandler,
  { method, maxHeadBytes = MAX_HEAD_BYTES, maxHeaders = MAX_HEADERS }: ResponseParserOptions,
): ResponseParser {
  return new LlhttpResponseParser(handler, method === 'HEAD', maxHeadBytes, maxHeaders, llhttp());
}

class LlhttpResponseParser implements ResponseParser {
  readonly #handler: ResponseHandler;
  readonly #isHead: boolean;
  readonly #maxHeaders: number;
  readonly #llhttp: Llhttp;
  readonly #collected = new HeaderCollector();
  #headBytesLeft: number;
  #parser: ParserAddress = NO_PARSER;
  #phase: Phase = 'head';
  /** Body bytes still to come, in phase `length`. */
  #remaining = 0;
  #overhead = 0;

  constructor(
    handler: ResponseHandler,
    isHead: boolean,
    maxHeadBytes: number,
    maxHeaders: number,
    instance: Llhttp,
  ) {
    this.#handler = handler;
    this.#isHead = isHead;
    this.#headBytesLeft = maxHeadBytes;
    this.#maxHeaders = maxHeaders;
    this.#llhttp = instance;
  }

  execute(chunk: Uint8Array): number {
    let at = 0;
    this.#llhttp.forgetInput();
    try {
      while (at < chunk.length && this.#phase !== 'ended') at = this.#advance(chunk, at);
    } catch (error) {
      // A handler threw: this response is over, and its parser must not leak.
      this.free();
      throw error;
    } finally {
      this.#llhttp.forgetInput();
    }
    return at;
  }

  finish(): void {
    if (this.#phase === 'until-close') {
      this.#complete();
    } else if (this.#phase !== 'ended') {
      this.#fail('ERR_HTTP1_TRUNCATED', TRUNCATED[this.#phase]);
    }
  }

  free(): void {
    this.#phase = 'ended';
    this.#release();
  }

  /** Parses the next part of the chunk. @returns the offset after it; every call takes a byte or ends the response */
  #advance(chunk: Uint8Array, at: number): number {
    switch (this.#phase) {
      case 'head':
        return this.#readHead(chunk, at);
      case 'chunked':
        return this.#readChunked(chunk, at);
      case 'length':
        return this.#readLength(chunk, at);
      case 'until-close':
        this.#handler.body(view(chunk, at, chunk.length));
        return chunk.length;
      case 'none':
      case 'ended':
        return at;
    }
  }

  #readHead(chunk: Uint8Array, at: number): number {
    if (this.#parser === NO_PARSER) {
      // llhttp skips empty lines here, and accepts RTSP and ICE as well.
      if (chunk[at] !== CAPITAL_H) return this.#fail('ERR_HTTP1_MALFORMED', 'not an HTTP status line', at);
      this.#parser = this.#llhttp.acquire();
    }
    const limit = Math.min(chunk.length, at + Math.min(HEAD_SLICE_BYTES, this.#headBytesLeft));
    const run = this.#parse(chunk, at, limit);
    // An event may run other parsers, which overwrite `run`.
    const { stop, end, status } = run;
    this.#headBytesLeft -= end - at;
    switch (stop) {
      case 'head':
        this.#onHead(status);
        return end;
      case 'more':
        if (this.#headBytesLeft > 0) return end;
        return this.#fail('ERR_HTTP1_HEAD_TOO_LARGE', 'response head too large', end);
      default:
        return this.#failRun(run);
    }
  }

  #onHead(status: number): void {
    const { reason } = this.#collected;
    const headers = this.#collected.take();
    const version = this.#llhttp.version(this.#parser);
    const framing =
      checkStatusLine(version, status, reason) ?? readFraming(version, status, headers, this.#isHead);
    if (framing.kind === 'fault') {
      this.#fail(framing.code, framing.detail);
      return;
    }
    if (framing.kind !== 'chunked') this.#release();
    if (status < 200 && status !== 101) {
      this.#collected.reason = '';
      this.#handler.informational(status, headers);
      return;
    }
    this.#begin(status, reason, headers, framing);
  }

  #begin(status: number, reason: string, headers: RawHeaders, framing: Framing): void {
    const bodyless = framing.kind === 'none';
    const upgrade = framing.kind === 'upgrade';
    const contentLength = 'contentLength' in framing ? framing.contentLength : undefined;
    this.#phase = upgrade ? 'ended' : framing.kind;
    this.#remaining = contentLength ?? 0;
    this.#handler.head(status, reason, headers, { contentLength, bodyless, upgrade });
    if (this.#phase === 'none') this.#complete();
  }

  #readLength(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#remaining);
    this.#remaining -= end - at;
    this.#handler.body(view(chunk, at, end));
    if (this.#remaining === 0 && this.#phase === 'length') this.#complete();
    return end;
  }

  #readChunked(chunk: Uint8Array, at: number): number {
    const run = this.#parse(chunk, at, chunk.length);
    // Copied, as in `#readHead`: an event may run other parsers.
    const { stop, end, bodyStart, bodyEnd } = run;
    this.#overhead += (stop === 'body' ? bodyStart : end) - at;
    if (this.#overhead > MAX_CHUNK_OVERHEAD) {
      return this.#fail('ERR_HTTP1_HEAD_TOO_LARGE', 'too much chunk framing or trailers', end);
    }
    switch (stop) {
      case 'body':
        this.#overhead = Math.max(0, this.#overhead - OVERHEAD_PER_BODY_BYTE * (bodyEnd - bodyStart));
        this.#handler.body(view(chunk, bodyStart, bodyEnd));
        return end;
      case 'more':
        return end;
      case 'complete':
        this.#endChunked();
        return end;
      default:
        return this.#failRun(run);
    }
  }

  #endChunked(): void {
    const trailers = this.#collected.take();
    this.#release();
    if (hasFramingHeader(trailers)) {
      this.#fail('ERR_HTTP1_MALFORMED', 'framing field in the trailers');
      return;
    }
    if (trailers.length > 0) this.#handler.trailers(trailers);
    if (this.#phase === 'chunked') this.#complete();
  }

  #parse(chunk: Uint8Array, at: number, limit: number): Run {
    // One more name than is allowed: the first piece may end a name that is counted already. The sum is checked afterwards.
    const maxNames = this.#maxHeaders - this.#collected.names + 1;
    const run = this.#llhttp.parse(this.#parser, chunk, at, limit, maxNames);
    this.#collected.add(this.#llhttp, run);
    if (this.#collected.names > this.#maxHeaders) run.stop = 'headers';
    return run;
  }

  #complete(): void {
    this.#phase = 'ended';
    this.#handler.complete();
  }

  #failRun(run: Run): number {
    if (run.stop === 'headers') return this.#fail('ERR_HTTP1_TOO_MANY_HEADERS', 'too many fields', run.end);
    return this.#fail('ERR_HTTP1_MALFORMED', this.#llhttp.reason(this.#parser), run.end);
  }

  #fail(code: ParseErrorCode, detail: string, at = 0): number {
    this.#phase = 'ended';
    this.#release();
    this.#handler.failed(code, detail);
    return at;
  }

  #release(): void {
    if (this.#parser === NO_PARSER) return;
    this.#llhttp.release(this.#parser);
    this.#parser = NO_PARSER;
  }
}

const TRUNCATED = {
  head: 'ended before the response head was whole',
  none: 'ended inside the response head',
  length: 'ended before Content-Length bytes',
  chunked: 'ended before the last chunk',
} as const;

function view(chunk: Uint8Array, from: number, to: number): Uint8Array {
  return from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to);
}
