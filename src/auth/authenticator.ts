// An Authenticator finds the user of a request.
import type { SignInId, UserId } from '../store/ports/ids.js';

/** A user who is known by a browser's session. */
export interface SessionPrincipal {
  readonly userId: UserId;
  readonly via: 'session';
  readonly signInId: SignInId;
}

/** A user who is known by an access token. */
export interface BearerPrincipal {
  readonly userId: UserId;
  readonly via: 'bearer';
  /** When the token expires, in ms since 1970. */
  readonly endsAt: number;
}

/** The user of a request, with the credentials that showed it. */
export type Principal = SessionPrincipal | BearerPrincipal;

/** Credentials that are meant for this product and are not accepted. */
export interface CredentialsRefusal {
  /**
   * `ambiguous`: a session cookie and a bearer token together. `ended`: a cookie whose session has ended. `too-long`: a bearer
   * token longer than the limit.
   */
  readonly refused: 'ambiguous' | 'ended' | 'too-long';
}

/** The headers of a request that name its user, unparsed; '' where a header is absent. */
export interface Credentials {
  readonly authorization: string;
  readonly cookie: string;
  /** A page sends the request by itself, again and again: the request does not extend the session's idle time. */
  readonly passive: boolean;
}

/** Finds the user of a request. */
export interface Authenticator {
  /** The user, if known without a wait, as for a busy client; undefined: call {@link authenticate}. */
  peek(credentials: Credentials): Principal | undefined;
  /**
   * Finds the user. Undefined: the credentials are not valid. Rejects if the user cannot be found out, for example with
   * ERR_STORE_UNAVAILABLE.
   */
  authenticate(credentials: Credentials): Promise<Principal | CredentialsRefusal | undefined>;
}

/** Accepts no request: no way to sign in is configured (03-identity §3.1). */
export class DenyAll implements Authenticator {
  peek(): undefined {
    return undefined;
  }

  authenticate(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
