import type { RawHeaders } from '../http1/contract.js';
import type { UserId } from '../store/ports/ids.js';
import type { TunnelKey } from './tunnel-key.js';

/** Which device a call is for. */
export type Target =
  | { readonly by: 'token'; readonly token: TunnelKey }
  | {
      readonly by: 'device';
      readonly deviceId: string;
      /** Whose it is, where the caller knows: what is not read of its answers counts as that user's. */
      readonly owner?: UserId;
    };

/** A request for a device. Hop-by-hop fields are already gone. */
export interface ForwardRequest {
  readonly method: string;
  /** Origin form: `/path?query`. */
  readonly target: string;
  readonly headers: RawHeaders;
  /** Bytes of the body; 0 for none, undefined when not known beforehand (it is sent chunked). */
  readonly bodyLength: number | undefined;
}

/**
 * Why a call failed; each is a problem's code (docs/errors.md).
 * Whether the request can have reached the device is what tells them apart.
 */
export const FORWARD_FAILURES = [
  'device-offline',
  'device-busy',
  'stream-refused',
  'tunnel-lost-before-send',
  'tunnel-lost-after-send',
  'bad-device-response',
  'device-timeout',
  'overloaded',
  'draining',
  'proxy-unreachable',
  'proxy-refused',
  'proxy-broke-off',
  'bad-request',
] as const;

export type ForwardFailureCode = (typeof FORWARD_FAILURES)[number];

export interface ForwardFailure {
  readonly code: ForwardFailureCode;
  readonly detail: string;
}

/** The head of a device's answer; hop-by-hop fields and Content-Length are not in `headers`. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: RawHeaders;
  /** Undefined: not known beforehand. For HEAD and 304 the length a GET would have, if the device said. */
  readonly contentLength: number | undefined;
  /** No body follows, whatever `contentLength` says (HEAD, 204, 304). */
  readonly bodyless: boolean;
}

/**
 * Where a call's answer goes. Called synchronously and in order: head, data*, then end or fail; or fail alone. As long as the sink
 * has not passed on all of an answer that ended, `fail` may follow: it held too much for too long (unread-budget.ts).
 */
export interface ResponseSink {
  /**
   * `body` are the first body bytes (may be empty), lent for the call; `complete`: they are all of it and nothing more is
   * called.
   */
  head(head: ResponseHead, body: Uint8Array, complete: boolean): void;
  /** Body bytes, lent for the call; they hold the device's window until `ForwardCall.consumed`. */
  data(chunk: Uint8Array): void;
  end(): void;
  /** Before the head: answer with a problem. After it: cut the connection, no truncated answer passes for whole. */
  fail(failure: ForwardFailure): void;
  /** `bytes` more of the request body may be sent (beyond the first {@link UPLOAD_CREDIT}). */
  credit(bytes: number): void;
}

/** A call under way, as its caller sees it. */
export interface ForwardCall {
  /** Request body bytes, copied or sent before it returns. At most the credit given so far may be outstanding. */
  body(chunk: Uint8Array, last: boolean): void;
  /**
   * The sink has passed on `bytes` of the answer's body: credit goes back to the device. Told of every byte that the sink was
   * given, after the answer's end too: until then they count as unread.
   */
  consumed(bytes: number): void;
  /** The caller went away: the stream is reset at once, the sink is not called again, and what it held is gone. */
  abort(): void;
}

/** Request body bytes that may be sent before any credit comes back. */
export const UPLOAD_CREDIT = 256 * 1024;

/** What is left to the caller of a request that was never sent. */
export const NO_CALL: ForwardCall = { body() {}, consumed() {}, abort() {} };

/** Carries calls to devices: by message to a session in this process, or over the internal API. */
export interface Forwarder {
  forward(target: Target, request: ForwardRequest, sink: ResponseSink): ForwardCall;
}
