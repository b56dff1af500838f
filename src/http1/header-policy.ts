// The header policy is one table of the headers that stop at a crossing of the product, each with its reason.
import { HeaderNames } from './header-names.js';

/**
 * Where a header may stop. `toDevice`: from a caller of the REST API to a device; `fromDevice`: from a device to such a
 * caller; `carriedRequest` and `carriedAnswer`: between api-server and remote-proxy, where a request of their own carries
 * the call.
 */
export type Crossing = 'toDevice' | 'fromDevice' | 'carriedRequest' | 'carriedAnswer';

/** One row of the policy. */
export interface HeaderRule {
  /** In lower case; one that ends in `*` stands for all names that begin so. */
  readonly name: string;
  readonly stopsAt: readonly Crossing[];
  readonly why: string;
}

const EVERYWHERE: readonly Crossing[] = ['toDevice', 'fromDevice', 'carriedRequest', 'carriedAnswer'];
const TO_DEVICE: readonly Crossing[] = ['toDevice'];
const FROM_DEVICE: readonly Crossing[] = ['fromDevice'];
const BOTH_WAYS: readonly Crossing[] = ['toDevice', 'fromDevice'];
const REQUESTS: readonly Crossing[] = ['toDevice', 'carriedRequest'];
const ANSWERS: readonly Crossing[] = ['fromDevice', 'carriedAnswer'];

/**
 * Headers that mean something for one connection only (RFC 9110 §7.6.1, and the proxy ones, which are between a proxy and
 * its neighbour), and Content-Length, as each side frames its own messages. They stop everywhere, whatever the case of their
 * letters.
 */
const MESSAGE_RULES: readonly HeaderRule[] = [
  { name: 'connection', stopsAt: EVERYWHERE, why: 'lists what is for the next hop alone' },
  { name: 'keep-alive', stopsAt: EVERYWHERE, why: 'says how long one connection is kept' },
  { name: 'proxy-connection', stopsAt: EVERYWHERE, why: 'is an old browser word for Connection' },
  { name: 'proxy-authenticate', stopsAt: EVERYWHERE, why: 'is a challenge of the next proxy' },
  { name: 'proxy-authorization', stopsAt: EVERYWHERE, why: 'is a credential for the next proxy' },
  { name: 'te', stopsAt: EVERYWHERE, why: 'says which codings one connection may use' },
  { name: 'trailer', stopsAt: EVERYWHERE, why: 'announces trailers, which are not passed on' },
  { name: 'transfer-encoding', stopsAt: EVERYWHERE, why: 'frames one message on one connection' },
  { name: 'upgrade', stopsAt: EVERYWHERE, why: 'changes the protocol of one connection' },
  { name: 'content-length', stopsAt: EVERYWHERE, why: 'frames a message, which each side does itself' },
];

/** The headers that stop besides the message headers; they match in any case and with `_` for `-`. */
const RULES: readonly HeaderRule[] = [
  { name: 'x-forward-*', stopsAt: EVERYWHERE, why: 'is how the internal API says what it carries' },

  // These are credentials, and headers that only the product may send to a device.
  { name: 'authorization', stopsAt: REQUESTS, why: "is the caller's token, or the internal secret" },
  { name: 'cookie', stopsAt: TO_DEVICE, why: "holds the caller's session" },
  { name: 'cookie2', stopsAt: TO_DEVICE, why: 'is an older Cookie (RFC 2965)' },
  { name: 'expect', stopsAt: REQUESTS, why: 'is answered by the listener that reads it' },
  { name: 'forwarded', stopsAt: TO_DEVICE, why: 'could name an address that nobody checked' },
  { name: 'x-forwarded-*', stopsAt: TO_DEVICE, why: 'is written anew, with the addresses that are known' },
  { name: 'x-real-ip', stopsAt: TO_DEVICE, why: 'could name an address that nobody checked' },
  { name: 'sec-websocket-*', stopsAt: REQUESTS, why: 'belongs to a handshake that ends at the listener' },
  { name: 'x-request-id', stopsAt: BOTH_WAYS, why: 'is written anew: a caller may send what is no id' },
  { name: 'x-visiona-*', stopsAt: BOTH_WAYS, why: 'is what the product says: who calls, and the CSRF proof' },

  // The listener itself writes these.
  { name: 'date', stopsAt: ANSWERS, why: 'is written by the listener' },
  { name: 'uwebsockets', stopsAt: ANSWERS, why: 'is written by the listener' },

  // These set state of the product's whole origin in a browser, which one device must not set for all pages.
  { name: 'set-cookie', stopsAt: FROM_DEVICE, why: "could replace the user's session" },
  { name: 'set-cookie2', stopsAt: FROM_DEVICE, why: 'is an older Set-Cookie (RFC 2965)' },
  { name: 'clear-site-data', stopsAt: FROM_DEVICE, why: 'would sign the user out' },
  { name: 'service-worker-allowed', stopsAt: FROM_DEVICE, why: 'would let a script answer for other paths' },
  { name: 'strict-transport-security', stopsAt: FROM_DEVICE, why: 'is about the whole host' },
  { name: 'public-key-pins*', stopsAt: FROM_DEVICE, why: 'is about the whole host' },
  { name: 'expect-ct', stopsAt: FROM_DEVICE, why: 'is about the whole host' },
  { name: 'alt-svc', stopsAt: FROM_DEVICE, why: 'would send later requests elsewhere' },
  { name: 'nel', stopsAt: FROM_DEVICE, why: 'would report requests of the origin elsewhere' },
  { name: 'report-to', stopsAt: FROM_DEVICE, why: 'would report requests of the origin elsewhere' },
  { name: 'reporting-endpoints', stopsAt: FROM_DEVICE, why: 'would report what pages do elsewhere' },
  { name: 'origin-agent-cluster', stopsAt: FROM_DEVICE, why: 'is about the whole origin' },
  { name: 'origin-trial', stopsAt: FROM_DEVICE, why: 'is about the whole origin' },
  { name: 'accept-ch', stopsAt: FROM_DEVICE, why: 'changes what browsers tell the origin' },
  { name: 'critical-ch', stopsAt: FROM_DEVICE, why: 'changes what browsers tell the origin' },
  { name: 'set-login', stopsAt: FROM_DEVICE, why: 'says whether the user is signed in here' },
  { name: 'sec-session-*', stopsAt: FROM_DEVICE, why: 'begins a session that is bound to the browser' },
  { name: 'secure-session-*', stopsAt: FROM_DEVICE, why: 'begins a session that is bound to the browser' },
  { name: 'activate-storage-access', stopsAt: FROM_DEVICE, why: 'gives embedded pages the cookies' },
  {
    name: 'www-authenticate',
    stopsAt: FROM_DEVICE,
    why: 'could but phish: no Authorization reaches a device',
  },
  { name: 'refresh', stopsAt: FROM_DEVICE, why: 'takes the browser elsewhere by itself' },

  // These are policies of the answer, which the product replaces with its own (http/api/device-calls/pending-device-request.ts).
  { name: 'access-control-*', stopsAt: FROM_DEVICE, why: 'would let other origins read answers' },
  { name: 'timing-allow-origin', stopsAt: FROM_DEVICE, why: 'would let other origins read timings' },
  { name: 'content-security-policy*', stopsAt: FROM_DEVICE, why: 'is replaced by a sandbox' },
  { name: 'cross-origin-*', stopsAt: FROM_DEVICE, why: 'is replaced: same origin' },
  { name: 'document-policy*', stopsAt: FROM_DEVICE, why: 'is a policy, and ours to say' },
  { name: 'feature-policy', stopsAt: FROM_DEVICE, why: 'is a policy, and ours to say' },
  { name: 'permissions-policy*', stopsAt: FROM_DEVICE, why: 'is a policy, and ours to say' },
  { name: 'referrer-policy', stopsAt: FROM_DEVICE, why: 'is replaced: no referrer' },
  { name: 'x-content-type-options', stopsAt: FROM_DEVICE, why: 'is replaced: nosniff' },
  { name: 'x-frame-options', stopsAt: FROM_DEVICE, why: 'is replaced by frame-ancestors' },
  { name: 'x-permitted-cross-domain-policies', stopsAt: FROM_DEVICE, why: 'is a policy, and ours to say' },

  // These give orders to a reverse proxy in front of the product: nginx, Apache, lighttpd, Varnish.
  { name: 'x-accel-*', stopsAt: FROM_DEVICE, why: 'has nginx send a file of its own, or buffer' },
  { name: 'x-sendfile', stopsAt: FROM_DEVICE, why: 'has Apache send a file of its own' },
  { name: 'x-lighttpd-send-file', stopsAt: FROM_DEVICE, why: 'has lighttpd send a file of its own' },
  { name: 'surrogate-*', stopsAt: FROM_DEVICE, why: 'tells Varnish and CDNs what to keep' },
];

/** The whole policy. A header that no row names crosses as it is. */
export const HEADER_POLICY: readonly HeaderRule[] = [...MESSAGE_RULES, ...RULES];

/** Names of the headers that stop everywhere, as they frame a message or belong to its connection. */
export const MESSAGE_HEADERS: readonly string[] = MESSAGE_RULES.map(({ name }) => name);

function stoppedAt(crossing: Crossing): HeaderNames {
  return new HeaderNames(RULES.filter(({ stopsAt }) => stopsAt.includes(crossing)).map(({ name }) => name));
}

/** The headers that stop at each crossing, besides the message headers (`isMessageHeader`). */
export const STOPPED: Readonly<Record<Crossing, HeaderNames>> = {
  toDevice: stoppedAt('toDevice'),
  fromDevice: stoppedAt('fromDevice'),
  carriedRequest: stoppedAt('carriedRequest'),
  carriedAnswer: stoppedAt('carriedAnswer'),
};
