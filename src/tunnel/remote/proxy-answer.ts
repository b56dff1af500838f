// `readProxyAnswer` reads the head of an answer of the internal API: whether it is a device's or the proxy's, and the
// device's head.
import type { ResponseHead } from '../../contract/call.js';
import type { RawHeaders } from '../../http1/contract.js';
import { STOPPED } from '../../http1/header-policy.js';
import { equalsIgnoringCase, isMessageHeader } from '../../http1/headers.js';
import { isBodyless } from '../../http1/response-head.js';

/** The head of an answer of the internal API (02-tunnel.md §2.5). */
export interface ProxyAnswer {
  /**
   * `device` or `proxy`; undefined: the answer does not say, which means that the HTTP listener refused the carrying
   * request.
   */
  readonly origin: string | undefined;
  /** The device's head; meaningless for other origins. */
  readonly head: ResponseHead;
  /** True if the body has an end of its own, apart from the end of the connection. */
  readonly framed: boolean;
}

/**
 * Reads the head of an answer.
 * @param raw name, value, name, value …
 * @param toHead true for the answer to a HEAD, which the internal API carries as a POST
 */
export function readProxyAnswer(
  status: number,
  reason: string,
  raw: readonly (Buffer | string)[],
  toHead: boolean,
): ProxyAnswer {
  const headers: RawHeaders = [];
  let origin: string | undefined;
  let length: string | undefined;
  let deviceLength: string | undefined;
  let chunked = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = text(raw[i]);
    const value = text(raw[i + 1]);
    if (isMessageHeader(name)) {
      if (equalsIgnoringCase(name, 'content-length')) length = value;
      else if (equalsIgnoringCase(name, 'transfer-encoding')) chunked = true;
    } else if (STOPPED.carriedAnswer.has(name)) {
      if (equalsIgnoringCase(name, 'x-forward-origin')) origin = value;
      else if (equalsIgnoringCase(name, 'x-forward-content-length')) deviceLength = value;
    } else headers.push(name, value);
  }
  // Only an answer without a body has its length in a header of its own.
  const bodyless = isBodyless(status, toHead) || deviceLength !== undefined;
  const contentLength = numberOf(bodyless ? deviceLength : length);
  return {
    origin,
    head: { status, reason, headers, contentLength, bodyless },
    framed: bodyless || chunked || contentLength !== undefined,
  };
}

/** The text of a header's bytes, one character for each byte. */
function text(part: Buffer | string | undefined): string {
  return typeof part === 'string' ? part : (part?.toString('latin1') ?? '');
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}
