import type { SignInId, UserId } from '../store/ports/ids.js';

/** A user by the session of a browser. */
export interface SessionPrincipal {
  readonly userId: UserId;
  readonly via: 'session';
  readonly signInId: SignInId;
}

/** A user by an access token. */
export interface BearerPrincipal {
  readonly userId: UserId;
  readonly via: 'bearer';
  /** When the token is good no more, in ms since 1970. */
  readonly endsAt: number;
}

/** Who a request comes from, and by what. */
export type Principal = SessionPrincipal | BearerPrincipal;

/** Credentials that are not accepted, though they are ours. */
export interface CredentialsRefusal {
  /**
   * `ambiguous`: a session cookie and a bearer token together. `ended`: a cookie whose session has ended. `too-long`: a bearer
   * token that is longer than any that is taken.
   */
  readonly refused: 'ambiguous' | 'ended' | 'too-long';
}

/** What a request says about who it comes from, as its fields are; empty where it says nothing. */
export interface Credentials {
  readonly authorization: string;
  readonly cookie: string;
  /** The request is none that a person makes, such as one of a page that asks over and over: it is no use of a session. */
  readonly passive: boolean;
}

/** Tells who a request comes from. */
export interface Authenticator {
  /** Who it is where that is known without a wait, which calls of a busy client are spared; undefined: ask. */
  peek(credentials: Credentials): Principal | undefined;
  /** Undefined: the credentials are not valid. Rejects when that cannot be known, such as with ERR_STORE_UNAVAILABLE. */
  authenticate(credentials: Credentials): Promise<Principal | CredentialsRefusal | undefined>;
}

/** Accepts nobody: while no way to sign in is configured, nobody is signed in (03-identity §3.1). */
export class DenyAll implements Authenticator {
  peek(): undefined {
    return undefined;
  }

  authenticate(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
