// This file holds the headers that the REST API adds to answers of devices, and to its own answers.
import type { AddedHeaders } from '../server/answer.js';

/**
 * A device's page is shown without scripts, in an origin of its own, and loads nothing: our origin holds the user's session. None
 * of this affects an API client, or an image or stream that our own page embeds.
 */
const DEVICE_ANSWER_HEADERS = [
  "Content-Security-Policy: sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
  'X-Content-Type-Options: nosniff',
  'Cross-Origin-Resource-Policy: same-origin',
  'Referrer-Policy: no-referrer',
  // A cache may store an answer if the device allows it, but must not serve it to the next user.
  'Vary: Authorization, Cookie',
].join('\r\n');

/** The headers that are added to every answer of a device. @param requestId contains no line break */
export function deviceAnswerHeaders(requestId: string): AddedHeaders {
  return ['X-Request-Id', `${requestId}\r\n${DEVICE_ANSWER_HEADERS}`];
}

/** The headers of every answer of our own, which is data for one user and never a page. */
export const OWN_ANSWER_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
};
