// Metrics holds everything that the product counts, in plain fields.
import type { HostStats } from '../actors/host.js';
import { FORWARD_FAILURES } from '../contract/call.js';
import { CLOSE_REASONS } from '../contract/session.js';
import { PROBLEM_CODES } from '../problems/problem.js';
import { STORE_ERROR_CODES } from '../store/ports/errors.js';
import { Buckets } from './buckets.js';

/** How a device's dial ended. The set is closed: it becomes a label. */
export const DIAL_RESULTS = [
  'accepted',
  'not-upgrade',
  'unauthorized',
  'rate-limited',
  /** There is no room for another tunnel. */
  'full',
  'unavailable',
] as const;

/** How a device's dial ended. */
export type DialResult = (typeof DIAL_RESULTS)[number];

/** Why a tunnel ended: we closed it, or its connection broke. The set is closed: it becomes a label. */
export const TUNNEL_ENDS = [...CLOSE_REASONS, 'disconnected'] as const;

/** How a sign-in ended. The set is closed: it becomes a label. */
export const SIGN_IN_RESULTS = [
  'signed-in',
  /** The browser came back with a `state` of no sign-in that it has begun. */
  'unknown',
  /** The provider, or the user at the provider, declined. */
  'denied',
  'provider-failed',
  'provider-unreachable',
  /** The store failed, or the product has a fault. */
  'failed',
] as const;

/** How a sign-in ended. */
export type SignInResult = (typeof SIGN_IN_RESULTS)[number];

/** How a refresh of a session's tokens ended. The set is closed: it becomes a label. */
export const REFRESH_RESULTS = [
  'refreshed',
  /** The provider says that the session is over. */
  'ended',
  /** The provider gave no new tokens, or another process is refreshing the session. */
  'unchanged',
  /** The store failed, or the product has a fault. */
  'failed',
] as const;

/** Why an access token was not accepted. The set is closed: it becomes a label. */
export const BEARER_REFUSALS = [
  'malformed',
  'too-long',
  'algorithm',
  'unknown-key',
  'signature',
  'expired',
  'issuer',
  'audience',
  'claims',
  /** The token is a client's own, or bound to a key of its sender. */
  'no-user',
] as const;

/** Why an access token was not accepted. */
export type BearerRefusal = (typeof BEARER_REFUSALS)[number];

/** The limits on how often one sender may try (src/limits). The set is closed: it becomes a label. */
export const RATE_LIMITS = [
  'dial-address',
  'sign-in-address',
  'pairing-address',
  'pairing-code',
  'user-writes',
] as const;

/** A limit on how often one sender may try. */
export type RateLimit = (typeof RATE_LIMITS)[number];

/** Why a request's body was not read to its end. The set is closed: it becomes a label. */
export const UPLOAD_CUTS = [
  /** The device's answer was complete before the body was. */
  'answered',
  'failed',
  /** The caller went away. */
  'caller',
] as const;

/** Why a request's body was not read to its end. */
export type UploadCut = (typeof UPLOAD_CUTS)[number];

/** A session host as it is when metrics are scraped. */
export interface HostSample {
  /** The host's number, its only label; a restarted host keeps it. */
  readonly index: number;
  readonly restarts: number;
  /** Undefined while the host is down. */
  readonly stats: HostStats | undefined;
}

const CALL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const STORE_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ROUND_TRIP_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

function tally<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}

/**
 * All counts of the product. The forwarding path adds to plain fields; `exposition.ts` reads the fields at scrape time, for the
 * sides that the process runs. No count is kept per device, user or session.
 */
export class Metrics {
  /** The number of tunnels that are connected now. */
  sessions = 0;
  /** The number of calls and WebSockets that are under way now. */
  streams = 0;
  /** Calls and WebSocket handshakes that a device answered, by the class of the status: index 1 for 1xx to 5 for 5xx. */
  readonly answered = [0, 0, 0, 0, 0, 0];
  /** Calls that the proxy answered itself, by the failure. */
  readonly failed = tally(FORWARD_FAILURES);
  /** Calls whose client went away first. */
  aborted = 0;
  /** Calls that were sent once more, because they had provably not reached the device. */
  retries = 0;
  /** The seconds from a request's head to the end of its answer; for a WebSocket, to the answer to its handshake. */
  readonly callSeconds = new Buckets(CALL_SECONDS);
  /** The bytes of tunnels, including framing. */
  bytesToDevices = 0;
  bytesFromDevices = 0;
  /** The bytes of answers and messages that callers have not taken yet, with the bytes that devices may still add. */
  unreadBytes = 0;
  /** Calls and WebSockets that were refused because too many bytes were unread. */
  unreadRefused = 0;
  /** Readers that were cut off because too many bytes were unread. */
  unreadCut = 0;
  readonly cutUploads = tally(UPLOAD_CUTS);
  /** Requests that this process answered with an error of its own. */
  readonly problems = tally(PROBLEM_CODES);
  readonly limited = tally(RATE_LIMITS);
  readonly signIns = tally(SIGN_IN_RESULTS);
  readonly refreshes = tally(REFRESH_RESULTS);
  /** Pairing codes that devices presented. */
  readonly pairings = tally(['made', 'refused']);
  readonly bearerRefused = tally(BEARER_REFUSALS);
  /** The seconds that the store took to answer, as its callers see it. */
  readonly storeSeconds = { read: new Buckets(STORE_SECONDS), write: new Buckets(STORE_SECONDS) };
  readonly storeErrors = tally([...STORE_ERROR_CODES, 'other']);
  readonly dials = tally(DIAL_RESULTS);
  readonly tunnelEnds = tally(TUNNEL_ENDS);
  /** How often a stream had bytes to send and no window. */
  windowStalls = 0;
  /** The number of streams that a reset ended, from either side. */
  streamResets = 0;
  /** The seconds of heartbeat pings' round trips. */
  readonly roundTripSeconds = new Buckets(ROUND_TRIP_SECONDS);
  /** Reads the session hosts. The owner of the hosts sets this function. */
  hosts: () => readonly HostSample[] = () => [];
}
