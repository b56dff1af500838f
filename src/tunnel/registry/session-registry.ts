// The session registry is the actor that knows which session a token, a device or a user has.
import type { ActorRef, Behaviour } from '../../actors/behaviour.js';
import { systemClock } from '../../actors/clock.js';
import type { Target } from '../../contract/call.js';
import type { CloseReason, SessionRange, Summary } from '../../contract/session.js';
import { SessionExpiredError, SessionNotFoundError } from '../../contract/session-errors.js';
import type { TunnelKey } from '../../contract/tunnel-key.js';
import type { CredentialId, DeviceId } from '../../store/ports/ids.js';
import type { TunnelSession } from '../session/main/tunnel-session.js';
import { OrderedSessions } from './ordered-sessions.js';

/**
 * How long an answer of the registry may take, in ms. The registry lives in its callers' thread and never waits: a later
 * answer means that the registry is gone.
 */
export const REGISTRY_ASK_MS = 5000;

/** How many sessions are handled in one turn of the event loop, which takes a few milliseconds at most. */
export const SLICE = 256;

/** A call that needs a live session. The registry answers it in a later microtask, exactly once. */
export interface SessionSeeker {
  readonly target: Target;
  /** The lowest epoch that the session may have: the call has failed on earlier ones. */
  readonly minEpoch: number;
  found(session: TunnelSession): void;
  notFound(): void;
}

/** A message to the session registry that it does not answer. */
export type RegistryMessage =
  | { readonly kind: 'seek'; readonly seeker: SessionSeeker }
  /**
   * Credentials of a device are void, either all or only `credentialId`: the registry closes the tunnel that uses one of
   * them.
   */
  | {
      readonly kind: 'revoke';
      readonly deviceId: DeviceId;
      readonly credentialId: CredentialId | undefined;
    };

/** The questions to the session registry: those of `SessionStore`, and more. */
export type RegistryAsks = {
  register: { request: { token: TunnelKey; session: TunnelSession }; response: undefined };
  unregister: { request: { token: TunnelKey; session: TunnelSession | undefined }; response: undefined };
  lookup: { request: TunnelKey; response: TunnelSession };
  exists: { request: TunnelKey; response: boolean };
  /** All sessions, including those that are closed and not yet forgotten. */
  sessions: { request: undefined; response: TunnelSession[] };
  /** The sessions of one user that a call can use, in the order of their devices' ids. */
  sessionsOf: { request: { userId: string; range: SessionRange }; response: Summary[] };
  heartbeat: { request: TunnelKey; response: undefined };
  /** Removes at most {@link SLICE} expired sessions: if that many were removed, there may be more. */
  cleanupExpired: { request: number; response: number };
  /** Closes every session. @returns how many */
  closeAll: { request: CloseReason; response: number };
  /** Sends GoAway to every device, which then opens no stream; open streams go on. @returns to how many devices */
  goAway: { request: undefined; response: number };
  /** The credentials that the sessions were admitted with. */
  credentials: { request: undefined; response: HeldCredential[] };
};

/** A credential that a session was admitted with. */
export interface HeldCredential {
  readonly deviceId: DeviceId;
  readonly credentialId: CredentialId;
}

/** The address of a session registry. */
export type SessionRegistryRef = ActorRef<RegistryMessage, RegistryAsks>;

/**
 * Owns the maps from token, device and user to session (01-system.md §1.2), and decides which session of a device counts
 * (docs/adr/0010).
 */
export class SessionRegistry implements Behaviour<RegistryMessage, RegistryAsks> {
  readonly #byToken = new Map<TunnelKey, TunnelSession>();
  readonly #byDevice = new Map<string, TunnelSession>();
  /** The sessions of each user who has at least one. */
  readonly #byUser = new Map<string, OrderedSessions>();
  readonly #idleTimeoutMs: number;
  readonly #now: () => number;

  /** @param now milliseconds of the monotonic clock, by which sessions expire: the wall clock may be set */
  constructor(idleTimeoutMs: number, now: () => number = () => systemClock.now()) {
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#now = now;
  }

  receive(message: RegistryMessage): void {
    if (message.kind === 'seek') return this.#seek(message.seeker);
    const session = this.#byDevice.get(message.deviceId);
    if (session === undefined) return;
    const isRevoked =
      message.credentialId === undefined || message.credentialId === session.identity.credentialId;
    if (isRevoked) this.#remove(session, 'revoked');
  }

  readonly answer = {
    register: ({ token, session }: { token: TunnelKey; session: TunnelSession }): undefined => {
      const { deviceId, epoch } = session.identity;
      for (const old of new Set([this.#byToken.get(token), this.#byDevice.get(deviceId)])) {
        if (old === undefined || old === session) continue;
        if (old.identity.epoch > epoch) {
          void session.close('replaced');
          return;
        }
        this.#remove(old, 'replaced');
      }
      if (session.isClosed()) return;
      this.#byToken.set(token, session);
      this.#byDevice.set(deviceId, session);
      this.#addToUser(session);
    },

    unregister: (request: { token: TunnelKey; session: TunnelSession | undefined }): undefined => {
      const session = this.#byToken.get(request.token);
      if (session === undefined) return;
      if (request.session === undefined || request.session === session) this.#forget(session);
    },

    lookup: (token: TunnelKey): TunnelSession => {
      const session = this.#live(this.#byToken.get(token));
      if (this.#expired(session)) throw new SessionExpiredError();
      return session;
    },

    exists: (token: TunnelKey): boolean => this.#byToken.get(token)?.isClosed() === false,

    sessions: (): TunnelSession[] => [...this.#byToken.values()],

    sessionsOf: ({ userId, range }: { userId: string; range: SessionRange }): Summary[] => {
      const summaries: Summary[] = [];
      for (const session of this.#byUser.get(userId)?.within(range) ?? []) {
        if (summaries.length >= range.limit) break;
        if (!session.isClosed() && !this.#expired(session)) summaries.push(session.summary());
      }
      return summaries;
    },

    heartbeat: (token: TunnelKey): undefined => {
      this.#live(this.#byToken.get(token)).recordHeartbeat(new Date());
    },

    cleanupExpired: (expireAfterMs: number): number => {
      let removed = 0;
      for (const session of this.#byToken.values()) {
        if (removed >= SLICE) break;
        if (this.#now() - session.lastReceivedAt <= expireAfterMs) continue;
        this.#remove(session, 'idle');
        removed += 1;
      }
      return removed;
    },

    closeAll: (reason: CloseReason): number => {
      const sessions = [...this.#byToken.values()];
      for (const session of sessions) this.#remove(session, reason);
      return sessions.length;
    },

    goAway: (): number => {
      for (const session of this.#byToken.values()) session.goAway();
      return this.#byToken.size;
    },

    credentials: (): HeldCredential[] => {
      return [...this.#byToken.values()].map(({ identity: { deviceId, credentialId } }) => ({
        deviceId,
        credentialId,
      }));
    },
  };

  #seek(seeker: SessionSeeker): void {
    const { target } = seeker;
    const session =
      target.by === 'token' ? this.#byToken.get(target.token) : this.#byDevice.get(target.deviceId);
    const usable =
      session !== undefined &&
      !session.isClosed() &&
      session.identity.epoch >= seeker.minEpoch &&
      !this.#expired(session);
    if (usable) seeker.found(session);
    else seeker.notFound();
  }

  /** @throws SessionNotFoundError */
  #live(session: TunnelSession | undefined): TunnelSession {
    if (session === undefined || session.isClosed()) throw new SessionNotFoundError();
    return session;
  }

  #expired(session: TunnelSession): boolean {
    return this.#now() - session.lastReceivedAt > this.#idleTimeoutMs;
  }

  #remove(session: TunnelSession, reason: CloseReason): void {
    this.#forget(session);
    void session.close(reason);
  }

  #forget(session: TunnelSession): void {
    const { token, deviceId, userId } = session.identity;
    if (this.#byToken.get(token) === session) this.#byToken.delete(token);
    if (this.#byDevice.get(deviceId) === session) this.#byDevice.delete(deviceId);
    const ofUser = this.#byUser.get(userId);
    ofUser?.delete(session);
    if (ofUser?.size === 0) this.#byUser.delete(userId);
  }

  #addToUser(session: TunnelSession): void {
    const { userId } = session.identity;
    const ofUser = this.#byUser.get(userId) ?? new OrderedSessions();
    ofUser.add(session);
    this.#byUser.set(userId, ofUser);
  }
}
