import type { UserId } from '../store/ids.js';

/** Who a request comes from. */
export interface Principal {
  readonly userId: UserId;
}

/** What a request says about who it comes from, as its fields are; empty where it says nothing. */
export interface Credentials {
  readonly authorization: string;
  readonly cookie: string;
}

/** Tells who a request comes from. */
export interface Authenticator {
  /** Undefined: the credentials are not valid. Rejects when that cannot be known, such as with ERR_STORE_UNAVAILABLE. */
  authenticate(credentials: Credentials): Promise<Principal | undefined>;
}

/** Accepts nobody: while no way to sign in is configured, nobody is signed in (03-identity §3.1). */
export class DenyAll implements Authenticator {
  authenticate(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
