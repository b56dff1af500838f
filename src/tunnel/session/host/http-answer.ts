// `HttpAnswer` parses the device's answer to an HTTP exchange, and sends it on to the main thread.
import type { ForwardFailureCode } from '../../../contract/call.js';
import type { ParseErrorCode, RawHeaders, ResponseHandler, ResponseParser } from '../../../http1/contract.js';
import { endToEndHeaders } from '../../../http1/headers.js';
import { createResponseParser } from '../../../http1/response-parser.js';
import type { ExchangeId } from '../wire/session-in.js';
import type { AnswerHead } from '../wire/session-out.js';
import type { ExchangePort } from './stream-exchange.js';

const NOTHING = new Uint8Array(0);

/** The exchange that an answer belongs to. */
export interface AnswerOwner {
  /** An interim answer (1xx) arrived: the device works on the request. */
  interim(): void;
  /** The head of the final answer arrived. */
  headArrived(): void;
  /** The whole answer was emitted. */
  completed(): void;
  failed(code: ForwardFailureCode, detail: string): void;
}

type HeldHead = { -readonly [K in keyof AnswerHead]: AnswerHead[K] };

/** Parses an answer and emits it; a small answer leaves as one message. */
export class HttpAnswer implements ResponseHandler {
  readonly #id: ExchangeId;
  readonly #port: ExchangePort;
  readonly #owner: AnswerOwner;
  readonly #parser: ResponseParser;
  /** The head, until it is known whether the body's first bytes can travel with it. */
  #held: HeldHead | undefined;
  #bodyInChunk = 0;

  constructor(port: ExchangePort, id: ExchangeId, toHead: boolean, owner: AnswerOwner) {
    this.#port = port;
    this.#id = id;
    this.#owner = owner;
    this.#parser = createResponseParser(this, { method: toHead ? 'HEAD' : 'GET' });
  }

  /**
   * Parses a chunk of the stream.
   * @returns how many bytes of the chunk belong to the body: these are consumed when the caller has read them
   */
  execute(chunk: Uint8Array): number {
    this.#bodyInChunk = 0;
    this.#parser.execute(chunk);
    this.emitHead();
    return this.#bodyInChunk;
  }

  /** The stream ended. */
  finish(): void {
    this.#parser.finish();
  }

  /** Emits the head, if it is still held back. */
  emitHead(): void {
    this.#emitHeld(false);
  }

  free(): void {
    this.#held = undefined;
    this.#parser.free();
  }

  informational(): void {
    // Interim answers end here: the caller's listener has sent its own 100 already, and cannot send others.
    this.#owner.interim();
  }

  head(
    status: number,
    reason: string,
    headers: RawHeaders,
    body: {
      readonly contentLength: number | undefined;
      readonly bodyless: boolean;
      readonly upgrade: boolean;
    },
  ): void {
    if (body.upgrade) {
      this.#owner.failed('bad-device-response', 'the device switched protocols unasked');
      return;
    }
    this.#owner.headArrived();
    this.#held = {
      kind: 'head',
      exchange: this.#id,
      status,
      reason,
      headers: endToEndHeaders(headers),
      contentLength: body.contentLength,
      bodyless: body.bodyless,
      complete: false,
      body: NOTHING,
    };
  }

  body(chunk: Uint8Array): void {
    this.#bodyInChunk += chunk.length;
    if (this.#held !== undefined && this.#held.body.length === 0) {
      this.#held.body = chunk;
      return;
    }
    this.emitHead();
    this.#port.emit({ kind: 'data', exchange: this.#id, bytes: chunk });
  }

  trailers(): void {
    // The caller's listener cannot send trailers: they are parsed for the framing and dropped (RFC 9110 §6.5.1).
  }

  complete(): void {
    if (this.#held !== undefined) this.#emitHeld(true);
    else this.#port.emit({ kind: 'end', exchange: this.#id });
    this.#owner.completed();
  }

  failed(_code: ParseErrorCode, detail: string): void {
    this.#owner.failed('bad-device-response', detail);
  }

  #emitHeld(complete: boolean): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    held.complete = complete;
    this.#port.emit(held);
  }
}
