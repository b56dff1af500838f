// A call is one HTTP request to a device; these are the words between its caller and the forwarder that carries it.
import type { RawHeaders } from '../http1/contract.js';
import type { UserId } from '../store/ports/ids.js';
import type { TunnelKey } from './tunnel-key.js';

/** The device that a call or a WebSocket is for. */
export type Target =
  | { readonly by: 'token'; readonly token: TunnelKey }
  | {
      readonly by: 'device';
      readonly deviceId: string;
      /** The device's owner, if the caller knows: unread bytes of the device's answers count against that user. */
      readonly owner?: UserId;
    };

/** A request for a device, without hop-by-hop headers (RFC 9110 §7.6.1). */
export interface ForwardRequest {
  readonly method: string;
  /** Origin form: `/path?query`. */
  readonly target: string;
  readonly headers: RawHeaders;
  /** Bytes of the body; 0: there is no body; undefined: the length is not known beforehand, and the body is sent chunked. */
  readonly bodyLength: number | undefined;
}

/**
 * Why a call failed; each is a problem's code (docs/errors.md). The codes differ first of all in whether the request can have
 * reached the device.
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

/** The code of a {@link ForwardFailure}, which is the code of a problem too. */
export type ForwardFailureCode = (typeof FORWARD_FAILURES)[number];

/** A failed call; `detail` says for a person what happened. */
export interface ForwardFailure {
  readonly code: ForwardFailureCode;
  readonly detail: string;
}

/** The head of a device's answer. `headers` are without hop-by-hop headers and Content-Length. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: RawHeaders;
  /**
   * Bytes of the body; undefined: the length is not known beforehand. For HEAD and 304 the length that a GET would have, if
   * the device sent it.
   */
  readonly contentLength: number | undefined;
  /** No body follows, whatever `contentLength` is (HEAD, 204, 304). */
  readonly bodyless: boolean;
}

/**
 * The caller's side of an answer. Its methods are called synchronously and in order: head, data*, then end or fail; or fail
 * alone. While the sink has not passed on the whole of an answer that ended, `fail` may still follow: the sink held too much
 * for too long (docs/adr/0028).
 */
export interface ResponseSink {
  /**
   * `body` holds the first bytes of the body, maybe none, and is lent until the method returns. `complete`: they are the whole
   * body, and no other method is called.
   */
  head(head: ResponseHead, body: Uint8Array, complete: boolean): void;
  /** Body bytes, lent until the method returns; they fill the device's window until `ForwardCall.consumed`. */
  data(chunk: Uint8Array): void;
  end(): void;
  /**
   * Before the head: the sink answers with a problem. After it: the sink cuts the connection, so that no truncated
   * answer passes for whole.
   */
  fail(failure: ForwardFailure): void;
  /** The caller may send `bytes` more of the request's body, beyond the first {@link UPLOAD_CREDIT}. */
  credit(bytes: number): void;
}

/** The caller's handle of a call under way. */
export interface ForwardCall {
  /**
   * Sends bytes of the request's body, which are copied or sent when this returns. The caller sends no more than it has
   * credit for.
   */
  body(chunk: Uint8Array, last: boolean): void;
  /**
   * The sink has passed on `bytes` of the answer's body: credit goes back to the device. The caller reports every byte that
   * the sink was given, even after the answer's end: until then the bytes count as unread.
   */
  consumed(bytes: number): void;
  /** The caller went away: the stream is reset at once, the sink is not called again, and its unread bytes count no more. */
  abort(): void;
}

/** Bytes of a request's body that the caller may send before any credit comes back. */
export const UPLOAD_CREDIT = 256 * 1024;

/** The handle of a request that was never sent. */
export const NO_CALL: ForwardCall = { body() {}, consumed() {}, abort() {} };

/** Carries calls to devices: by messages to a session of this process, or over the internal API. */
export interface Forwarder {
  forward(target: Target, request: ForwardRequest, sink: ResponseSink): ForwardCall;
}
