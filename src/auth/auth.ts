// This file puts sign-in together from its parts.
import type { OidcConfig } from '../config/types.js';
import { SharedLimit } from '../limits/shared-limit.js';
import type { Logger } from '../observability/log.js';
import type { Metrics } from '../observability/metrics.js';
import type { AttemptPort } from '../store/ports/attempts.js';
import type { Changes } from '../store/ports/changes.js';
import type { SignInId } from '../store/ports/ids.js';
import type { SignInPort, UserPort } from '../store/ports/sign-ins.js';
import { type Authenticator, DenyAll } from './authenticator.js';
import { BearerTokens } from './bearer.js';
import { CookieCodec } from './cookie.js';
import type { CookieKeys } from './cookie-keys.js';
import { tokenFlags } from './device-grant.js';
import { Provider } from './provider.js';
import { Refresher } from './refresher.js';
import { Sealer } from './seal.js';
import { SessionAuthenticator } from './session-authenticator.js';
import { endedSignIns, Sessions } from './sessions.js';
import { type Lifetimes, SignInFlow } from './sign-in.js';
import { SignOut } from './sign-out.js';
import { type StateReports, TokenKeeping } from './token-keeping.js';
import { TokenRevocation } from './token-revocation.js';

/** The part of the store that sign-in uses, and how it hears of changes by other processes. */
export interface AuthStore extends UserPort, SignInPort, AttemptPort, StateReports {
  onChanges(listener: (changes: Changes) => void): () => void;
}

export interface AuthOptions {
  readonly oidc: OidcConfig;
  /** Where browsers reach us. */
  readonly publicUrl: URL;
  readonly cookieKeys: CookieKeys;
  readonly store: AuthStore;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly lifetimes?: Lifetimes;
  /** Asks the provider at once, without waiting for it, so that the log says what is wrong before the first sign-in. */
  readonly askAtOnce?: boolean;
}

/** The parts of sign-in that the routes of the REST API work with. */
export interface SignInServices {
  readonly cookies: CookieCodec;
  readonly sessions: Sessions;
  readonly signIn: SignInFlow;
  readonly signOut: SignOut;
  /** Limits how often one address may begin a sign-in: each makes the store keep a row. */
  readonly starts: SharedLimit;
  /** The flags that `visiona token` needs for this installation; undefined: access tokens are off. */
  readonly tokenFlags: string | undefined;
}

/** How the REST API knows who calls. */
export interface Auth {
  readonly authenticator: Authenticator;
  /** Undefined: no OpenID provider is configured, and no user can sign in. */
  readonly accounts: SignInServices | undefined;
  /** Reports the sessions that any process ended; undefined: reports were missed, and any session may have ended. */
  onSignInEnded(listener: (signIns: ReadonlySet<SignInId> | undefined) => void): void;
}

/** Sign-in where no provider is configured. */
export const NO_SIGN_IN: Auth = {
  authenticator: new DenyAll(),
  accounts: undefined,
  onSignInEnded() {},
};

/** 300 sign-ins a minute per address: an office behind one NAT signs in at the same time. */
const STARTS = { points: 300, windowSeconds: 60 };

/** A session ends after 8 hours without use, and after a week in any case. */
const LIFETIMES: Lifetimes = { idleMs: 8 * 3_600_000, absoluteMs: 7 * 24 * 3_600_000 };

/** Puts sign-in together. It does not wait for the provider, which may be down. */
export function createAuth(options: AuthOptions): Auth {
  const { oidc, publicUrl, cookieKeys: keys, store, metrics, log } = options;
  const { lifetimes = LIFETIMES, askAtOnce = false } = options;
  const cookies = new CookieCodec(keys);
  const sealer = new Sealer(keys);
  const provider = new Provider({ ...oidc, publicUrl, log });
  // A failure is logged by Discovery, and the first sign-in asks again.
  if (askAtOnce) provider.metadata().catch(() => {});
  const revocation = new TokenRevocation({ provider, log });
  const keeping = new TokenKeeping({ store, sealer, revocation, log });
  const refresher = new Refresher({ provider, store, keeping, revocation, metrics, log });
  const sessions = new Sessions({ store, sealer, refresher, keeping, revocation, log });
  const { audience, clockToleranceS } = oidc;
  const bearer =
    audience === undefined
      ? undefined
      : new BearerTokens({ provider, store, metrics, audience, clockToleranceS });
  store.onChanges((changes) => sessions.changed(changes));
  return {
    authenticator: new SessionAuthenticator(cookies, sessions, bearer),
    accounts: {
      cookies,
      sessions,
      signIn: new SignInFlow({ provider, store, sessions, revocation, cookies, sealer, lifetimes, log }),
      signOut: new SignOut({ provider, sessions, log }),
      starts: new SharedLimit('sign-in-address', STARTS, store),
      tokenFlags: tokenFlags(oidc),
    },
    onSignInEnded: (listener) => {
      store.onChanges((changes) => {
        const signIns = endedSignIns(changes);
        if (signIns === undefined || signIns.size > 0) listener(signIns);
      });
    },
  };
}
