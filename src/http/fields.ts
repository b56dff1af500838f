import { FieldNames } from '../http1/field-names.js';
import type { OwnFields } from '../server/answer-fields.js';

/**
 * What a device does not see of a caller's request: credentials of ours, what proxies before us said in fields that we
 * write, the internal API's own fields, and the WebSocket handshake, which ends here (04-rest-api §4.1).
 */
export const NOT_FOR_DEVICES = new FieldNames([
  'authorization',
  'cookie',
  'cookie2',
  'expect',
  'forwarded',
  'x-forward-*',
  'x-forwarded-*',
  'x-real-ip',
  'x-request-id',
  'x-visiona-*',
  'sec-websocket-*',
]);

/**
 * What a browser, or a proxy before us, does not see of a device's answer: fields that act on our whole origin or take
 * our policy away, and fields that only we may say. A challenge could but phish: `Authorization` never reaches a device.
 */
export const NOT_FROM_DEVICES = new FieldNames([
  // Ours to say; the listener writes Date itself.
  'date',
  'uwebsockets',
  'x-forward-*',
  'x-request-id',
  'x-visiona-*',
  // State of our origin in the browser.
  'set-cookie',
  'set-cookie2',
  'clear-site-data',
  'service-worker-allowed',
  'strict-transport-security',
  'public-key-pins*',
  'expect-ct',
  'alt-svc',
  'nel',
  'report-to',
  'reporting-endpoints',
  'origin-agent-cluster',
  'origin-trial',
  'accept-ch',
  'critical-ch',
  'set-login',
  'sec-session-*',
  'secure-session-*',
  'activate-storage-access',
  'www-authenticate',
  // Takes the browser elsewhere by itself.
  'refresh',
  // Replaced by DEVICE_ANSWER_FIELDS.
  'access-control-*',
  'timing-allow-origin',
  'content-security-policy*',
  'cross-origin-*',
  'document-policy*',
  'feature-policy',
  'permissions-policy*',
  'referrer-policy',
  'x-content-type-options',
  'x-frame-options',
  'x-permitted-cross-domain-policies',
  // Orders to a proxy before us (nginx, Apache, lighttpd, Varnish).
  'x-accel-*',
  'x-sendfile',
  'x-lighttpd-send-file',
  'surrogate-*',
]);

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
