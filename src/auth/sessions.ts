import type { Logger } from '../observability/log.js';
import { TtlCache } from '../store/client/ttl-cache.js';
import type { Requester } from '../store/ports/audit.js';
import type { Changes } from '../store/ports/changes.js';
import { StoreError, storeWhy } from '../store/ports/errors.js';
import type { CookieHash, SignInId, UserId } from '../store/ports/ids.js';
import type { ListPage, PageRequest } from '../store/ports/page.js';
import type { SealedSignIn, SignIn, SignInPort, SignInSummary } from '../store/ports/sign-ins.js';
import type { BrowserCookie } from './cookie.js';
import { endedSignIns } from './ended.js';
import type { Refresher } from './refresher.js';
import type { Sealer } from './seal.js';
import { mayShareGrant, openTokens, type SessionTokens, sealTokens } from './session-tokens.js';
import type { TokenKeeping } from './token-keeping.js';
import type { TokenRevocation } from './token-revocation.js';

/** A sign-in session that lives. */
export interface Session {
  readonly signIn: SignIn;
  readonly cookie: CookieHash;
  readonly tokens: SessionTokens;
}

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

/** A session's use is written down at most this often, in ms: far below any idle time. */
const TOUCH_EVERY_MS = 60_000;

/** Longer than it takes to encrypt a session's tokens anew, in ms. */
const RENEW_MS = 5_000;

/** The sign-in sessions behind cookies. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #clock: () => number;
  readonly #known = new TtlCache(
    (cookie) => this.#ask(cookie as CookieHash),
    (session) => session !== undefined && this.#isOver(session),
  );
  /** Sessions whose use is being written down. */
  readonly #touching = new Set<SignInId>();

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
  }

  /**
   * Undefined: there is none, or it has ended. When the provider's tokens have run out, it is asked for new ones first:
   * somebody who is signed out there is signed out here. Rejects with a `StoreError`.
   */
  async find({ type, hash }: BrowserCookie): Promise<Session | undefined> {
    if (type !== 'session') return undefined;
    const session = await this.#known.get(hash);
    if (session === undefined || !this.#options.refresher.isDue(session)) return session;
    const answer = await this.#refresh(session);
    // Over is over, whether the store could be told or not.
    if (answer === undefined) this.forget(hash);
    // Of all that waited, the first outdates; also what was asked of the store before its new tokens were there.
    const known = this.#known.peek(hash);
    if (known === session || (known && this.#options.refresher.isDue(known))) this.#known.outdate(hash);
    // As it was before the provider was waited for: it may have ended since.
    return answer === session ? this.#known.get(hash) : answer;
  }

  /** A session is not refreshed where the store takes no writes: whether it lives is what that says, or said last. */
  async #refresh(session: Session): Promise<Session | undefined> {
    try {
      return await this.#options.refresher.refresh(session);
    } catch (error) {
      if (error instanceof StoreError) return session;
      throw error;
    }
  }

  /** The session as {@link find} would answer, where that takes no wait; undefined: ask. */
  peek({ type, hash }: BrowserCookie): Session | undefined {
    const session = type === 'session' ? this.#known.peek(hash) : undefined;
    return session !== undefined && this.#options.refresher.isDue(session) ? undefined : session;
  }

  #isOver({ signIn: { expiresAt, lastUsedAt, idleMs } }: Session): boolean {
    return this.#clock() >= Math.min(expiresAt, lastUsedAt + idleMs);
  }

  /** It was used now. Does not wait for the store. */
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
   * Encrypts a session's tokens with the first key, before the key that they are under is taken away. Not while another
   * process gets new ones, or new ones wait for the store: those would be lost. False: the session has ended meanwhile.
   */
  async renew({ signIn: { userId, signInId }, cookie }: Session): Promise<boolean> {
    const { store, sealer, keeping } = this.#options;
    const claimed = !keeping.isWaiting(signInId) && (await store.claimRefresh(userId, signInId, RENEW_MS));
    const session = await this.#ask(cookie);
    if (session === undefined || !claimed) return session !== undefined;
    return store.resealSignIn(userId, signInId, sealTokens(sealer, cookie, session.tokens));
  }

  /** Ends a session of this user, here for certain, at the provider as far as it goes. False: there is none, or it had ended. */
  async end(owner: UserId, signInId: SignInId, by?: Requester): Promise<boolean> {
    const ended = await this.#options.store.endSignIn(owner, signInId, by);
    this.#known.forgetAll();
    if (ended !== undefined) this.#revoke(ended);
    return ended !== undefined;
  }

  /** Takes note that a session has ended for another one, with these tokens. */
  replaced(old: SealedSignIn, by: SessionTokens): void {
    this.#known.forget(old.cookie);
    this.#revoke(old, by);
  }

  /** A user's sessions that live, oldest first. */
  list(owner: UserId, page: PageRequest<SignInId>): Promise<ListPage<SignInSummary, SignInId>> {
    return this.#options.store.listSignIns(owner, page);
  }

  /** Asks the store again the next time. */
  forget(cookie: CookieHash): void {
    this.#known.forget(cookie);
  }

  /** Takes what the store reports: a session that any process ended is not believed any more. */
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
