// A `ResponseParser` reads an HTTP/1.1 response and reports it to a `ResponseHandler`; this file defines both.

/** Headers as on the wire, flat: name, value, name, value … Each string holds one byte a character. */
export type RawHeaders = string[];

/** Why a response is refused. */
export type ParseErrorCode =
  | 'ERR_HTTP1_MALFORMED'
  | 'ERR_HTTP1_HEAD_TOO_LARGE'
  | 'ERR_HTTP1_TOO_MANY_HEADERS'
  | 'ERR_HTTP1_TRUNCATED';

/** Receives a response from its parser, synchronously within `execute` and `finish`. */
export interface ResponseHandler {
  /** An interim answer (1xx other than 101). */
  informational(status: number, headers: RawHeaders): void;
  /**
   * The final head. `contentLength` is undefined for chunked and until-close bodies. `bodyless`: HEAD, 204, 304 or
   * a length of 0: `complete` follows at once. `upgrade`: 101; what follows on the stream is not HTTP.
   */
  head(
    status: number,
    reason: string,
    headers: RawHeaders,
    body: {
      readonly contentLength: number | undefined;
      readonly bodyless: boolean;
      readonly upgrade: boolean;
    },
  ): void;
  /** Body bytes, chunked coding removed; a view of the chunk given to `execute`. */
  body(chunk: Uint8Array): void;
  /** Trailers; called at most once, before `complete`. */
  trailers(headers: RawHeaders): void;
  /** The message ended as its framing says. */
  complete(): void;
  /** The bytes are no valid response, or ended too early. This is the last event. */
  failed(code: ParseErrorCode, detail: string): void;
}

/** Parses one response strictly: no bare LF, no folding, no conflicting lengths (04-rest-api §4.1). */
export interface ResponseParser {
  /** @returns how many bytes belonged to the response; fewer than `chunk.length` only after 101 or `complete`. */
  execute(chunk: Uint8Array): number;
  /** The stream ended (FIN): completes an until-close body, otherwise fails with ERR_HTTP1_TRUNCATED. */
  finish(): void;
  /** Gives the parser back; must be called exactly once, at any time, and also from inside an event. */
  free(): void;
}
