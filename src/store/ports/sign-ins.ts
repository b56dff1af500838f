// These ports are the calls about users, their sign-in sessions, and the keys that sign their cookies.
import type { Requester } from './audit.js';
import type { CookieHash, SignInId, UserId } from './ids.js';
import type { ListPage, PageRequest } from './page.js';

/** How long a browser may stay at the provider, in ms. */
export const PENDING_MS = 10 * 60_000;

/** A sign-in session to begin. */
export interface NewSignIn {
  readonly cookie: CookieHash;
  /** The provider's tokens, which the caller has encrypted. */
  readonly sealed: string;
  /** When the session ends, however much it is used: milliseconds since 1970. */
  readonly expiresAt: number;
  /** How long the session lives without being used, in ms. */
  readonly idleMs: number;
  readonly userAgent?: string;
  readonly remoteAddr?: string;
}

/** A sign-in session, as its user sees it. */
export interface SignInSummary {
  readonly signInId: SignInId;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly expiresAt: number;
  readonly idleMs: number;
  readonly userAgent?: string;
  readonly remoteAddr?: string;
}

/** The sealed tokens of a session, and the cookie hash that they were sealed with. */
export interface SealedSignIn {
  readonly signInId: SignInId;
  readonly cookie: CookieHash;
  readonly sealed: string;
}

/** A sign-in session with its sealed tokens. */
export interface SignIn extends SignInSummary {
  readonly userId: UserId;
  readonly sealed: string;
  /** When the last claim of a refresh ends: see `claimRefresh`. */
  readonly claimedUntil: number;
}

/** The most sessions of one user. Beyond it, the session whose last use is oldest ends. */
export const MAX_SIGN_INS = 100;

/** A session that has begun, and the sessions that ended for it. */
export interface BegunSignIn {
  readonly signInId: SignInId;
  readonly ended: readonly SealedSignIn[];
}

/** The calls about the sessions of browsers that are signed in, or about to be. */
export interface SignInPort {
  /**
   * Whether the browser with this cookie was given another one meanwhile: a sign-in that begins with the old cookie would be
   * void.
   */
  isReplaced(browser: CookieHash): Promise<boolean>;
  /**
   * Spends the `state` of a browser that came back from the provider. True once, before the state expires, unless the browser was
   * given another cookie since.
   * @param stateHash SHA-256, in hex
   * @param expiresAt {@link PENDING_MS} after the sign-in began
   */
  spendState(browser: CookieHash, stateHash: string, expiresAt: number): Promise<boolean>;
  /**
   * Begins a session. The same transaction ends what the browser had under the cookie `replaces` (its session, with its change,
   * and its sign-ins under way), and the user's sessions beyond {@link MAX_SIGN_INS}.
   */
  beginSignIn(owner: UserId, signIn: NewSignIn, replaces?: CookieHash, by?: Requester): Promise<BegunSignIn>;
  /**
   * The session of a cookie. Undefined: the session is unknown, ended, idle too long or past its absolute end, by the store's
   * clock.
   */
  findSignIn(cookie: CookieHash): Promise<SignIn | undefined>;
  /** Notes that the session was used now; the time of its last use never goes back. */
  touchSignIn(owner: UserId, signIn: SignInId): Promise<void>;
  /**
   * Claims the refresh of a session's tokens. True for one caller in `forMs`, among all processes: a provider that sees a refresh
   * token twice revokes the whole family of tokens.
   */
  claimRefresh(owner: UserId, signIn: SignInId, forMs: number): Promise<boolean>;
  /** Stores new tokens of the session. False: the session has ended. */
  resealSignIn(owner: UserId, signIn: SignInId, sealed: string): Promise<boolean>;
  /** The living sessions of a user, oldest first. */
  listSignIns(owner: UserId, page: PageRequest<SignInId>): Promise<ListPage<SignInSummary, SignInId>>;
  /**
   * Ends a session for good, with the change `sign-in-ended`, and answers its sealed tokens. Undefined: no such session of this
   * user, or it had ended.
   */
  endSignIn(owner: UserId, signIn: SignInId, by?: Requester): Promise<SealedSignIn | undefined>;
}

/** The calls about users. A user's key is (issuer, subject), exactly as the identity provider writes them. */
export interface UserPort {
  /** The user's id; a user not seen before is added. */
  ensureUser(issuer: string, subject: string): Promise<UserId>;
  /** The user's id; undefined: the user was never seen. */
  findUser(issuer: string, subject: string): Promise<UserId | undefined>;
}

/**
 * How the keys of a process that starts fit those of the process that started last. `joined`: it verifies what the other signs.
 * `behind`: it does not, but the other verifies what it signs, as during a change of keys. `foreign`: neither verifies what the
 * other signs, and nothing was written.
 */
export type Joining = 'joined' | 'behind' | 'foreign';

/**
 * The calls about the keys that sign the cookies of sign-ins. The store has only the keys' ids, which reveal nothing of a key.
 * All processes of one database need the same keys.
 */
export interface CookieKeyPort {
  /**
   * Compares the keys of a process that starts with the last ones, and stores their ids unless they are `foreign`.
   * @param kids ids of its keys: the first signs, all verify. Empty: it has no key yet, and is `joined` where it may make one
   */
  joinCookieKeys(kids: readonly string[]): Promise<Joining>;
  /** Ends all sign-in sessions, some at a time, and forgets the keys' ids. @returns how many sessions it ended */
  endAllSignIns(by: Requester): Promise<number>;
}
