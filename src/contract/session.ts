// A session is one live tunnel of a device; this file defines the interfaces to keep and to use sessions.
import type { Duplex } from 'node:stream';
import type { Epoch } from '../store/ports/ids.js';
import type { TunnelKey } from './tunnel-key.js';

/**
 * A description of a session that can be serialized; times are RFC 3339 in JSON. Its `token` is the session's key, not the token
 * of the device.
 */
export interface Summary {
  readonly token: TunnelKey;
  readonly userId: string;
  readonly deviceId?: string;
  readonly epoch: Epoch;
  readonly connectedAt: Date;
  readonly lastHeartbeat: Date;
  readonly remoteAddr?: string;
  readonly proxyNodeId?: string;
  readonly proxyInternalUrl?: string;
}

/** Why a tunnel is closed. */
export const CLOSE_REASONS = [
  'normal',
  'draining',
  'revoked',
  'internal',
  'host-restarted',
  'replaced',
  'idle',
  'protocol-error',
] as const;

/** One of {@link CLOSE_REASONS}. */
export type CloseReason = (typeof CLOSE_REASONS)[number];

/** The WebSocket close code with which the device is told why (02-tunnel.md §2.1). */
export const CLOSE_CODE: Readonly<Record<CloseReason, number>> = {
  normal: 1000,
  draining: 1001,
  revoked: 1008,
  internal: 1011,
  'host-restarted': 1012,
  replaced: 4000,
  idle: 4001,
  'protocol-error': 4002,
};

/** A raw two-way byte stream to the device. Destroying it resets the stream. */
export type TunnelStream = Duplex;

/** A live session; the process that made it holds the device's connection. */
export interface Handle {
  /**
   * Opens a stream; aborting `signal` resets it.
   * @throws SessionClosedError: the tunnel is gone; StreamRefusedError: the device or a limit refused it
   */
  openStream(signal?: AbortSignal): Promise<TunnelStream>;
  close(reason?: CloseReason): Promise<void>;
  isClosed(): boolean;
  /** A frozen description of the session. */
  summary(): Summary;
  recordHeartbeat(at: Date): void;
}

/** The live sessions by their keys, and the rule which of two sessions of a device counts (docs/adr/0010). */
export interface SessionStore<H extends Handle = Handle> {
  /** Registers a session. An existing one of the token is closed ('replaced') and replaced, unless its epoch is newer. */
  register(token: TunnelKey, handle: H): Promise<void>;
  /** Removes a session, if there is one. With a handle: only if that session is still the registered one. */
  unregister(token: TunnelKey, handle?: H): Promise<void>;
  /** @throws SessionNotFoundError, SessionExpiredError */
  lookup(token: TunnelKey): Promise<H>;
  exists(token: TunnelKey): Promise<boolean>;
  list(): Promise<Summary[]>;
  /** @throws SessionNotFoundError */
  heartbeat(token: TunnelKey): Promise<void>;
  /** Closes ('idle') and removes sessions without a heartbeat for `expireAfterMs`. @returns how many. */
  cleanupExpired(expireAfterMs: number): Promise<number>;
}

/** A part of a user's sessions: the first `limit` of those whose devices' ids, compared as strings, are in `[from, upTo]`. */
export interface SessionRange {
  readonly from?: string;
  readonly upTo?: string;
  readonly limit: number;
}

/** The api-server's view of remote-proxy's sessions, over the internal API. */
export interface ProxyClient {
  /** @throws SessionNotFoundError, SessionExpiredError */
  getSession(token: TunnelKey): Promise<Summary>;
  listSessions(): Promise<Summary[]>;
  /** In the order of the devices' ids. */
  listSessionsOf(userId: string, range: SessionRange): Promise<Summary[]>;
  /**
   * @param epoch only the session of this epoch: a newer one of the same device stays
   * @throws SessionNotFoundError, SessionExpiredError
   */
  closeSession(token: TunnelKey, epoch?: Epoch): Promise<void>;
}

/** The live sessions of one user's devices, in this process or another; those of other users stay hidden. */
export interface UserSessions {
  /** In the order of the devices' ids. */
  list(userId: string, range: SessionRange): Promise<Summary[]>;
  /** Closes exactly this session with 'normal', and the device may dial again. A session that is gone already is no error. */
  close(session: Summary): Promise<void>;
}
