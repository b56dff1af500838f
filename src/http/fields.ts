// This file holds the headers that the REST API adds: to answers of devices, and to its own.
import type { OwnFields } from '../server/answer-fields.js';

/**
 * A device's page is shown without scripts, in an origin of its own, and loads nothing: our origin is the user's
 * session. None of it touches an API client, or an image or stream that our own page embeds.
 */
const DEVICE_ANSWER_FIELDS = [
  "Content-Security-Policy: sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
  'X-Content-Type-Options: nosniff',
  'Cross-Origin-Resource-Policy: same-origin',
  'Referrer-Policy: no-referrer',
  // A cache may keep what a device allows, but not for the next user.
  'Vary: Authorization, Cookie',
].join('\r\n');

/** The fields that go with every answer of a device. @param requestId is sane: it has no line break */
export function deviceAnswerFields(requestId: string): OwnFields {
  return ['X-Request-Id', `${requestId}\r\n${DEVICE_ANSWER_FIELDS}`];
}

/** What goes with every answer of our own: it is data for one user, and never a page. */
export const OWN_ANSWER_FIELDS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
};
