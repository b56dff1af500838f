// This file makes the ids of requests.
import { randomBytes } from 'node:crypto';

/** What may stand in a header, a log line and a URL without being quoted. */
const SANE = /^[A-Za-z0-9._-]{1,128}$/;

// Each thread loads its own copy of this module, so the prefix tells threads and processes apart.
const prefix = randomBytes(9).toString('base64url');
let count = 0;

/** The id of a request: the caller's X-Request-Id if it is sane, else a new one (04-rest-api). */
export function requestId(given: string | undefined): string {
  return given !== undefined && SANE.test(given) ? given : `${prefix}.${(count++).toString(36)}`;
}
