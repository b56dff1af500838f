import type { Duplex } from 'node:stream';
import type { Epoch } from '../store/ports/ids.js';
import type { TunnelKey } from './tunnel-key.js';

/** A serializable description of a session. Times are RFC 3339 in JSON. */
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

/** Why a tunnel is closed, and the WebSocket close code that the device sees (02-tunnel.md §2.1). */
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

export type CloseReason = (typeof CLOSE_REASONS)[number];

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

/** A live session, bound to the proxy node that holds its connection. */
export interface Handle {
  /** @throws SessionClosedError when the tunnel is gone, StreamRefusedError when the device or a bound refuses. */
  openStream(signal?: AbortSignal): Promise<TunnelStream>;
  close(reason?: CloseReason): Promise<void>;
  isClosed(): boolean;
  /** A frozen copy. */
  summary(): Summary;
  recordHeartbeat(at: Date): void;
}

/** All live sessions. */
export interface SessionStore<H extends Handle = Handle> {
  /** An existing session of the token is closed ('replaced') and replaced, unless its epoch is newer. */
  register(token: TunnelKey, handle: H): Promise<void>;
  /** Absent: no-op. With a handle: only if it is still the one registered. */
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

/** Some of a user's sessions, by the ids of their devices, which compare as strings: the first `limit` in `[from, upTo]`. */
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

/** The live sessions of a user's devices, in this process or another. Nobody else's are seen. */
export interface UserSessions {
  /** In the order of the devices' ids. */
  list(userId: string, range: SessionRange): Promise<Summary[]>;
  /** Closes exactly this session, with 'normal': the device may dial again. One that is gone is closed already. */
  close(session: Summary): Promise<void>;
}
