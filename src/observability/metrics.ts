import type { HostStats } from '../actors/host.js';
import { FORWARD_FAILURES } from '../tunnel/forward/contract.js';
import { CLOSE_REASONS } from '../tunnel/session/contract.js';
import { Buckets } from './buckets.js';

/** What became of a device that dialled. The set is closed: it becomes a label. */
export const DIAL_RESULTS = [
  'accepted',
  'not-upgrade',
  'unauthorized',
  'rate-limited',
  'unavailable',
] as const;

/** Why a tunnel ended: by our word, or because its connection was gone. The set is closed: it becomes a label. */
export const TUNNEL_ENDS = [...CLOSE_REASONS, 'disconnected'] as const;

/** A host as it is at scrape time. */
export interface HostSample {
  /** Its place among the hosts, the only label it gets; the same after a restart. */
  readonly index: number;
  readonly restarts: number;
  /** Undefined while it is down. */
  readonly stats: HostStats | undefined;
}

const CALL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const ROUND_TRIP_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

function tally<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}

/**
 * What the product counts, in plain fields that the forwarding path adds to; `exposition.ts` reads them at scrape
 * time. Nothing in here is kept per device, user or session.
 */
export class Metrics {
  /** Tunnels connected now. */
  sessions = 0;
  /** Calls and WebSockets under way now. */
  streams = 0;
  /** Calls and WebSocket handshakes answered by their device, by the class of the status: index 1 for 1xx to 5 for 5xx. */
  readonly answered = [0, 0, 0, 0, 0, 0];
  /** Calls that the proxy answered itself. */
  readonly failed = tally(FORWARD_FAILURES);
  /** Calls whose client went away first. */
  aborted = 0;
  /** Calls sent once more, because they had provably not reached the device. */
  retries = 0;
  /** From the request's head to the end of the answer; a WebSocket's is that to its handshake. */
  readonly callSeconds = new Buckets(CALL_SECONDS);
  /** Tunnel bytes, framing included. */
  bytesToDevices = 0;
  bytesFromDevices = 0;
  readonly dials = tally(DIAL_RESULTS);
  readonly tunnelEnds = tally(TUNNEL_ENDS);
  /** Times a stream had bytes and no window to send them. */
  windowStalls = 0;
  /** Streams that ended by a reset, from either side. */
  streamResets = 0;
  /** Round trips of heartbeat pings. */
  readonly roundTripSeconds = new Buckets(ROUND_TRIP_SECONDS);
  /** Reads the session hosts; the supervisor of the hosts sets it. */
  hosts: () => readonly HostSample[] = () => [];
}
