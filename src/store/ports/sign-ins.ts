import type { Requester } from './audit.js';
import type { CookieHash, SignInId, UserId } from './ids.js';
import type { ListPage, PageRequest } from './page.js';

/** How long a browser may stay at the provider, in ms. */
export const PENDING_MS = 10 * 60_000;

export interface NewSignIn {
  readonly cookie: CookieHash;
  /** The provider's tokens; encrypted by who gives them. */
  readonly sealed: string;
  /** The absolute end. */
  readonly expiresAt: number;
  /** How long it lives without being used. */
  readonly idleMs: number;
  readonly userAgent?: string;
  readonly remoteAddr?: string;
}

/** A sign-in session, as its owner sees it. */
export interface SignInSummary {
  readonly signInId: SignInId;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly expiresAt: number;
  readonly idleMs: number;
  readonly userAgent?: string;
  readonly remoteAddr?: string;
}

/** What is kept of a session for whoever gave it. */
export interface SealedSignIn {
  readonly signInId: SignInId;
  readonly cookie: CookieHash;
  readonly sealed: string;
}

export interface SignIn extends SignInSummary {
  readonly userId: UserId;
  readonly sealed: string;
  /** Until when a claim holds: see `claimRefresh`. */
  readonly claimedUntil: number;
}

/** Sessions that one user has; beyond it the one that was not used for longest ends. */
export const MAX_SIGN_INS = 100;

/** A session that was begun, and those that ended for it. */
export interface BegunSignIn {
  readonly signInId: SignInId;
  readonly ended: readonly SealedSignIn[];
}

/** Browsers that are signed in, or about to be. */
export interface SignInPort {
  /** Whether its browser was given another cookie a while ago: no sign-in that it begins would count. */
  isReplaced(browser: CookieHash): Promise<boolean>;
  /**
   * True once for a sign-in's `state` that came back, before it expires, unless its browser was given another cookie since.
   * @param stateHash SHA-256, in hex
   * @param expiresAt {@link PENDING_MS} after its begin
   */
  spendState(browser: CookieHash, stateHash: string, expiresAt: number): Promise<boolean>;
  /**
   * Begins a session and, in the same transaction, ends what the browser had before under the id `replaces`: its session,
   * with its change, and the sign-ins that it had under way. So do those that the user has beyond {@link MAX_SIGN_INS}.
   */
  beginSignIn(owner: UserId, signIn: NewSignIn, replaces?: CookieHash, by?: Requester): Promise<BegunSignIn>;
  /** Undefined: unknown, ended, idle too long or past its absolute end, by the store's clock. */
  findSignIn(cookie: CookieHash): Promise<SignIn | undefined>;
  /** It was used now; a time never goes back. */
  touchSignIn(owner: UserId, signIn: SignInId): Promise<void>;
  /**
   * True for one caller in `forMs`, among all processes: a provider that sees a refresh token twice takes the whole
   * family of tokens away.
   */
  claimRefresh(owner: UserId, signIn: SignInId, forMs: number): Promise<boolean>;
  /** Keeps new tokens. False: the session has ended. */
  resealSignIn(owner: UserId, signIn: SignInId, sealed: string): Promise<boolean>;
  /** Those that live, oldest first. */
  listSignIns(owner: UserId, page: PageRequest<SignInId>): Promise<ListPage<SignInSummary, SignInId>>;
  /**
   * Ends it for good, with the change `sign-in-ended`. Answers what it was; undefined: no such session of this user, or
   * it had ended.
   */
  endSignIn(owner: UserId, signIn: SignInId, by?: Requester): Promise<SealedSignIn | undefined>;
}

/** Who users are. The key of a user is (issuer, subject), exactly as the identity provider says them. */
export interface UserPort {
  /** The user's id; a user not seen before is added. */
  ensureUser(issuer: string, subject: string): Promise<UserId>;
  findUser(issuer: string, subject: string): Promise<UserId | undefined>;
}

/**
 * What became of a process that wants to sign people in. `joined`: it reads what the process that started last signs.
 * `behind`: it does not, but that one reads what it signs: keys are being changed, or were. `foreign`: neither reads what
 * the other signs, and nothing was written.
 */
export type Joining = 'joined' | 'behind' | 'foreign';

/** The keys that sign sessions, by their ids, which say nothing of them: all processes of one database need the same. */
export interface SessionKeyPort {
  /** @param kids of the process that starts: the first signs, all verify; none: it has yet to make one, `joined` where any may */
  joinSessionKeys(kids: readonly string[]): Promise<Joining>;
  /** Ends all sign-in sessions, some at a time, and forgets which keys sign them. @returns how many there were */
  endAllSignIns(by: Requester): Promise<number>;
}
