import type { SignInId, UserId } from '../store/ids.js';

/** Who a request comes from, and by what. */
export type Principal =
  | {
      readonly userId: UserId;
      readonly via: 'session';
      readonly signInId: SignInId;
      /** The same session's cookie under a newer key, as a `Set-Cookie` of the answer. */
      readonly setCookie?: string;
    }
  | { readonly userId: UserId; readonly via: 'bearer' };

/** Credentials that are refused for how they were sent, whoever they are of. */
export interface CredentialsRefusal {
  /** `ambiguous`: a session cookie and a bearer token together. */
  readonly refused: 'ambiguous';
}

/** What a request says about who it comes from, as its fields are; empty where it says nothing. */
export interface Credentials {
  readonly authorization: string;
  readonly cookie: string;
}

/** Tells who a request comes from. */
export interface Authenticator {
  /** Undefined: the credentials are not valid. Rejects when that cannot be known, such as with ERR_STORE_UNAVAILABLE. */
  authenticate(credentials: Credentials): Promise<Principal | CredentialsRefusal | undefined>;
}

/** Accepts nobody: while no way to sign in is configured, nobody is signed in (03-identity §3.1). */
export class DenyAll implements Authenticator {
  authenticate(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
