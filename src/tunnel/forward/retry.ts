// `maySendAgain` says which failed calls to a device are sent once more, for every forwarder.
import type { ForwardFailureCode } from '../../contract/call.js';

/** A request body is kept, so that it can be sent again, only up to this many bytes. */
export const REPLAY_BYTES = 64 * 1024;

/** The idempotent methods (RFC 9110 §9.2.2). */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Failures of the tunnel rather than of the device or the request: another tunnel of the device may do better. */
const TUNNEL_FAILURES: ReadonlySet<ForwardFailureCode> = new Set<ForwardFailureCode>([
  'stream-refused',
  'tunnel-lost-before-send',
  'tunnel-lost-after-send',
]);

/**
 * Whether a request may be sent again after its first attempt failed (02-tunnel §2.3): the tunnel failed, and the request
 * cannot have had an effect, or has the same effect twice. docs/errors.md tells callers the same of each failure, as `again?`.
 * @param reached the device may have seen some of the request
 */
export function maySendAgain(method: string, code: ForwardFailureCode, reached: boolean): boolean {
  return TUNNEL_FAILURES.has(code) && (!reached || IDEMPOTENT_METHODS.has(method));
}
