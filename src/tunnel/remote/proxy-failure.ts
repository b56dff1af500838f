import { FORWARD_FAILURES, type ForwardFailure, type ForwardFailureCode } from '../../contract/call.js';

const CODES: ReadonlySet<unknown> = new Set(FORWARD_FAILURES);

/** Errors with which undici refuses a request before it sends anything. */
const NOT_A_REQUEST = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** The fields or the target have a character that cannot be sent. */
export const NOT_SENDABLE: ForwardFailure = {
  code: 'bad-request',
  detail: 'the request has a field or a target that cannot be sent',
};

/**
 * What the end of a connection means. The detail has the error's code only: its message names addresses.
 * @param sent some of the request may have left
 */
export function connectionFailure(error: Error, sent: boolean): ForwardFailure {
  const code = 'code' in error ? String(error.code) : error.name;
  if (sent) return { code: 'proxy-broke-off', detail: `its connection ended too early (${code})` };
  if (NOT_A_REQUEST.has(code)) return NOT_SENDABLE;
  return { code: 'proxy-unreachable', detail: `no connection was made (${code})` };
}

/**
 * What an answer means that is not a device's.
 * @param origin `proxy`: a problem document; undefined: the HTTP listener itself, or something on the way, refused
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
    // Whatever it is, it is no problem document; the caller learns that from the missing code.
    return {};
  }
}
