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
import { endedSignIns } from './ended.js';
import { Provider } from './provider.js';
import { Refresher } from './refresher.js';
import { Sealer } from './seal.js';
import { SessionAuthenticator } from './session-authenticator.js';
import { Sessions } from './sessions.js';
import { type Lifetimes, SignInFlow } from './sign-in.js';
import { SignOut } from './sign-out.js';
import { tokenFlags } from './token-flags.js';
import { type StateReports, TokenKeeping } from './token-keeping.js';
import { TokenRevocation } from './token-revocation.js';

/** What sign-in keeps, and hears from other processes. */
export interface AuthStore extends UserPort, SignInPort, AttemptPort, StateReports {
  onChanges(listener: (changes: Changes) => void): () => void;
}

export interface AuthOptions {
  readonly oidc: OidcConfig;
  /** What browsers see of us. */
  readonly publicUrl: URL;
  readonly sessionKeys: CookieKeys;
  readonly store: AuthStore;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly lifetimes?: Lifetimes;
  /** Asks the provider at once, beside the start: what is wrong with it is in the log before somebody signs in. */
  readonly askAtOnce?: boolean;
}

/** Sign-in, put together. */
export interface SignInServices {
  readonly cookies: CookieCodec;
  readonly sessions: Sessions;
  readonly signIn: SignInFlow;
  readonly signOut: SignOut;
  /** Sign-ins that are begun: each makes us keep something. */
  readonly starts: SharedLimit;
  /** What `visiona token` must be told; undefined: access tokens are off. */
  readonly tokenFlags: string | undefined;
}

/** How the REST API tells who calls. */
export interface Auth {
  readonly authenticator: Authenticator;
  /** Undefined: there is no OpenID provider, and nobody can sign in. */
  readonly accounts: SignInServices | undefined;
  /** Tells of all sessions that ended, by whichever process; undefined: some may have, and nobody knows which. */
  onSignInEnded(listener: (signIns: ReadonlySet<SignInId> | undefined) => void): void;
}

/** Where no provider is configured. */
export const NO_SIGN_IN: Auth = {
  authenticator: new DenyAll(),
  accounts: undefined,
  onSignInEnded() {},
};

/** A company behind one address comes to work at nine. */
const STARTS = { points: 300, windowSeconds: 60 };

/** 8 hours without use, a week at most. */
const LIFETIMES: Lifetimes = { idleMs: 8 * 3_600_000, absoluteMs: 7 * 24 * 3_600_000 };

/** Puts sign-in together. The provider may be down meanwhile. */
export function createAuth(options: AuthOptions): Auth {
  const { oidc, publicUrl, sessionKeys: keys, store, metrics, log } = options;
  const { lifetimes = LIFETIMES, askAtOnce = false } = options;
  const cookies = new CookieCodec(keys);
  const sealer = new Sealer(keys);
  const provider = new Provider({ ...oidc, publicUrl, log });
  // Discovery logs what is wrong, and whoever signs in asks again.
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
