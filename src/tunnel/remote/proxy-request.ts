// This file says how a request of the internal API carries a call: its query and its headers.
import type { ForwardRequest, Target } from '../../contract/call.js';
import { STOPPED } from '../../http1/header-policy.js';
import { isMessageHeader } from '../../http1/headers.js';
import { MAX_REQUEST_HEAD_BYTES, RequestHeadError } from '../../http1/request-head.js';
import { MAX_REQUEST_HEADERS } from './proxy-limits.js';

/** The query that names the device, as the internal API's paths need it: `token=…` or `device=…`. */
export function targetQuery(target: Target): string {
  return target.by === 'token' ? `token=${target.token}` : `device=${encodeURIComponent(target.deviceId)}`;
}

/**
 * Adds a caller's headers to those of the carrying request.
 * @throws RequestHeadError if the device's request could not be written either, or the carrying request cannot hold the
 * headers
 */
export function addCallerHeaders(
  into: string[],
  { headers, target }: Pick<ForwardRequest, 'headers' | 'target'>,
) {
  if (headers.length > 2 * MAX_REQUEST_HEADERS) {
    throw new RequestHeadError('ERR_HTTP1_REQUEST_HEAD_TOO_LARGE', 'request has too many fields');
  }
  let bytes = target.length;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name, value] = [headers[i] as string, headers[i + 1] as string];
    if (isMessageHeader(name)) {
      throw new RequestHeadError(
        'ERR_HTTP1_FIELD_NOT_ALLOWED',
        'field belongs to the connection or the framing',
      );
    }
    bytes += name.length + value.length + ': \r\n'.length;
    if (!STOPPED.carriedRequest.has(name)) into.push(name, value);
  }
  if (bytes > MAX_REQUEST_HEAD_BYTES) {
    throw new RequestHeadError('ERR_HTTP1_REQUEST_HEAD_TOO_LARGE', 'request head too large');
  }
}
