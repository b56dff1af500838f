// Sessions holds the sign-in sessions behind browsers' cookies: it finds, refreshes and ends them, and notes their use.
import type { Logger } from '../observability/log.js';
import { TtlCache } from '../store/client/ttl-cache.js';
import type { Requester } from '../store/ports/audit.js';
import type { Changes } from '../store/ports/changes.js';
import { StoreError, storeWhy } from '../store/ports/errors.js';
import type { CookieHash, SignInId, UserId } from '../store/ports/ids.js';
import type { ListPage, PageRequest } from '../store/ports/page.js';
import type { SealedSignIn, SignInPort, SignInSummary } from '../store/ports/sign-ins.js';
import type { BrowserCookie } from './cookie.js';
import type { Refresher } from './refresher.js';
import type { Sealer } from './seal.js';
import type { Session } from './session-tokens.js';
import { mayShareGrant, openTokens, type SessionTokens, sealTokens } from './session-tokens.js';
import type { TokenKeeping } from './token-keeping.js';
import type { TokenRevocation } from './token-revocation.js';

/** The services that sessions use. */
export interface SessionsOptions {
  readonly store: SignInPort;
  readonly sealer: Sealer;
  readonly refresher: Refresher;
  readonly keeping: TokenKeeping;
  readonly revocation: TokenRevocation;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** The shortest time between two writes of one session's use to the store, in ms: far below any idle time. */
const TOUCH_EVERY_MS = 60_000;

/** How long {@link Sessions.renew} claims a session, in ms: longer than it takes to encrypt the tokens anew. */
const RENEW_MS = 5_000;

/** The sign-in sessions behind cookies. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #clock: () => number;
  readonly #known = new TtlCache(
    (cookie) => this.#ask(cookie as CookieHash),
    (session) => session !== undefined && this.#isOver(session),
  );
  /** Sessions whose use is being written to the store. */
  readonly #touching = new Set<SignInId>();

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
  }

  /**
   * Finds the session of a cookie. Undefined: there is none, or it has ended. If the provider's tokens have run out, the provider
   * is asked for new ones first, so that a user who is signed out there is signed out here. Rejects with a `StoreError`.
   */
  async find({ type, hash }: BrowserCookie): Promise<Session | undefined> {
    if (type !== 'session') return undefined;
    const session = await this.#known.get(hash);
    if (session === undefined || !this.#options.refresher.isDue(session)) return session;
    const answer = await this.#refresh(session);
    // The provider ended the session: it is over here even if the store could not be told.
    if (answer === undefined) this.forget(hash);
    // The first waiter outdates the cached session, so that no one keeps the tokens from before the refresh.
    const known = this.#known.peek(hash);
    if (known === session || (known && this.#options.refresher.isDue(known))) this.#known.outdate(hash);
    // Nothing was refreshed, and the session may have ended during the wait for the provider: the cache or the store knows.
    return answer === session ? this.#known.get(hash) : answer;
  }

  /** Refreshes a session; leaves it as it is while the store takes no writes. */
  async #refresh(session: Session): Promise<Session | undefined> {
    try {
      return await this.#options.refresher.refresh(session);
    } catch (error) {
      if (error instanceof StoreError) return session;
      throw error;
    }
  }

  /** The session as {@link find} would answer, if known without a wait; undefined: call `find`. */
  peek({ type, hash }: BrowserCookie): Session | undefined {
    const session = type === 'session' ? this.#known.peek(hash) : undefined;
    return session !== undefined && this.#options.refresher.isDue(session) ? undefined : session;
  }

  #isOver({ signIn: { expiresAt, lastUsedAt, idleMs } }: Session): boolean {
    return this.#clock() >= Math.min(expiresAt, lastUsedAt + idleMs);
  }

  /** Notes that the session was used now, for its idle time. Does not wait for the store. */
  touch({ signIn: { signInId, userId, lastUsedAt } }: Session): void {
    if (this.#clock() - lastUsedAt < TOUCH_EVERY_MS || this.#touching.has(signInId)) return;
    const { store, log } = this.#options;
    this.#touching.add(signInId);
    store
      .touchSignIn(userId, signInId)
      .catch((error: unknown) =>
        log.warn(storeWhy(error), 'the use of a sign-in session was not written down'),
      )
      .finally(() => this.#touching.delete(signInId));
  }

  /**
   * Encrypts a session's tokens with the first key, before the key that sealed them is removed. Does nothing while another
   * process refreshes the session, or new tokens wait for the store: those tokens would be lost. False: the session has ended.
   */
  async renew({ signIn: { userId, signInId }, cookie }: Session): Promise<boolean> {
    const { store, sealer, keeping } = this.#options;
    const claimed = !keeping.isWaiting(signInId) && (await store.claimRefresh(userId, signInId, RENEW_MS));
    const session = await this.#ask(cookie);
    if (session === undefined || !claimed) return session !== undefined;
    return store.resealSignIn(userId, signInId, sealTokens(sealer, cookie, session.tokens));
  }

  /**
   * Ends a session of this user: here in any case, and at the provider if it can be reached. False: the user has no such live
   * session.
   */
  async end(owner: UserId, signInId: SignInId, by?: Requester): Promise<boolean> {
    const ended = await this.#options.store.endSignIn(owner, signInId, by);
    this.#known.forgetAll();
    if (ended !== undefined) this.#revoke(ended);
    return ended !== undefined;
  }

  /** Forgets a session that a new one has replaced, and revokes its tokens unless they may share a grant with the new ones. */
  replaced(old: SealedSignIn, by: SessionTokens): void {
    this.#known.forget(old.cookie);
    this.#revoke(old, by);
  }

  /** A user's live sessions, oldest first. */
  list(owner: UserId, page: PageRequest<SignInId>): Promise<ListPage<SignInSummary, SignInId>> {
    return this.#options.store.listSignIns(owner, page);
  }

  /** Drops a session from the cache, so that the next request asks the store. */
  forget(cookie: CookieHash): void {
    this.#known.forget(cookie);
  }

  /** Takes the store's changes: a session that any process ended leaves the cache. */
  changed(changes: Changes): void {
    const ended = endedSignIns(changes);
    if (ended === undefined) this.#known.forgetAll();
    else if (ended.size > 0) {
      this.#known.forgetThose((_, session) => session === undefined || ended.has(session.signIn.signInId));
    }
  }

  #revoke({ signInId, cookie, sealed }: SealedSignIn, successor?: SessionTokens): void {
    const { sealer, revocation } = this.#options;
    const tokens = openTokens(sealer, cookie, sealed);
    if (tokens === undefined || (successor !== undefined && mayShareGrant(tokens, successor))) return;
    revocation.begin(signInId, tokens.refreshToken);
  }

  async #ask(cookie: CookieHash): Promise<Session | undefined> {
    const { store, sealer } = this.#options;
    const signIn = await store.findSignIn(cookie);
    if (signIn === undefined) return undefined;
    const tokens = openTokens(sealer, cookie, signIn.sealed);
    return tokens && { signIn, cookie, tokens };
  }
}

/** The sessions that ended among `changes`; undefined: changes were missed, and any session may have ended. */
export function endedSignIns({ changes, missed }: Changes): ReadonlySet<SignInId> | undefined {
  if (missed) return undefined;
  return new Set(changes.flatMap((change) => (change.kind === 'sign-in-ended' ? [change.signInId] : [])));
}
