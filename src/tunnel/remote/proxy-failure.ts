// This file turns what went wrong at remote-proxy into the error of a control request or the failure of a call.
import { CodedError } from '../../actors/errors.js';
import { FORWARD_FAILURES, type ForwardFailure, type ForwardFailureCode } from '../../contract/call.js';

const CODES: ReadonlySet<unknown> = new Set(FORWARD_FAILURES);

/** Codes of errors of a connection that was not made: nothing was sent. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** Codes of errors with which undici refuses a request before it sends anything. */
const NOT_A_REQUEST = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** remote-proxy did not answer, or gave an answer that it never should. Nothing is known of the session. */
export class ProxyUnreachableError extends CodedError {
  constructor(why: string, options?: ErrorOptions) {
    super('ERR_PROXY_UNREACHABLE', `the tunnel proxy cannot be reached: ${why}`, options);
  }
}

/** remote-proxy was told to do something, and did not say whether it did. */
export class ProxyBrokeOffError extends CodedError {
  constructor(why: string, options?: ErrorOptions) {
    super('ERR_PROXY_BROKE_OFF', `the tunnel proxy broke off: ${why}`, options);
  }
}

/** remote-proxy answered that it cannot serve now. */
export class ProxyUnreadyError extends ProxyUnreachableError {
  constructor() {
    super('it is not ready to serve');
  }
}

/** remote-proxy does not take our internal secret: the two processes are configured with different ones. */
export class ProxyRefusedError extends CodedError {
  constructor() {
    super('ERR_PROXY_REFUSED', 'the tunnel proxy refused the internal secret');
  }
}

/** Whether part of a control request may have left before this error of its connection. */
export function wasSent(error: unknown): boolean {
  return !(error instanceof Error && 'code' in error && NOT_CONNECTED.has(String(error.code)));
}

/** The failure of a call whose headers or target have a character that cannot be sent. */
export const NOT_SENDABLE: ForwardFailure = {
  code: 'bad-request',
  detail: 'the request has a field or a target that cannot be sent',
};

/**
 * The failure that the end of a connection means. Its detail has only the error's code: the error's message names addresses.
 * @param sent whether some of the request may have left
 */
export function connectionFailure(error: Error, sent: boolean): ForwardFailure {
  const code = 'code' in error ? String(error.code) : error.name;
  if (sent) return { code: 'proxy-broke-off', detail: `its connection ended too early (${code})` };
  if (NOT_A_REQUEST.has(code)) return NOT_SENDABLE;
  return { code: 'proxy-unreachable', detail: `no connection was made (${code})` };
}

/**
 * The failure that an answer means that is not a device's.
 * @param origin `proxy`: the answer is a problem document; undefined: the HTTP listener itself, or a server on the way,
 * refused
 */
export function answerFailure(status: number, origin: string | undefined, body: Buffer): ForwardFailure {
  if (status === 401) {
    return { code: 'proxy-refused', detail: 'api-server and remote-proxy have different internal secrets' };
  }
  if (origin === 'proxy') {
    const { code, detail } = problemOf(body);
    if (CODES.has(code)) return { code: code as ForwardFailureCode, detail: String(detail ?? '') };
  } else if (status === 400 || status === 431) {
    return { code: 'bad-request', detail: 'the request cannot be carried to the device' };
  }
  return { code: 'proxy-broke-off', detail: `it answered ${status} and not for the device` };
}

function problemOf(body: Buffer): { code?: unknown; detail?: unknown } {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // The body is no problem document; the caller learns that from the missing code.
    return {};
  }
}
