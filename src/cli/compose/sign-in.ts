// This file registers how the REST API finds the user of a request: by sign-in at an OpenID provider, or not at all.
import type { DependencyContainer } from 'tsyringe';
import { SIGN_IN_LIFETIMES, SIGN_IN_STARTS, type SignInServices } from '../../auth/auth.js';
import { DenyAll } from '../../auth/authenticator.js';
import { type BearerOptions, BearerTokens } from '../../auth/bearer.js';
import { CookieCodec } from '../../auth/cookie.js';
import type { CookieKeys } from '../../auth/cookie-keys.js';
import { tokenFlags } from '../../auth/device-grant.js';
import { Provider } from '../../auth/provider.js';
import { Refresher } from '../../auth/refresher.js';
import { Sealer } from '../../auth/seal.js';
import { SessionAuthenticator } from '../../auth/session-authenticator.js';
import { Sessions } from '../../auth/sessions.js';
import { SignInFlow } from '../../auth/sign-in.js';
import { SignOut } from '../../auth/sign-out.js';
import { TokenKeeping } from '../../auth/token-keeping.js';
import { TokenRevocation } from '../../auth/token-revocation.js';
import type { OidcConfig } from '../../config/types.js';
import { SharedLimit } from '../../limits/shared-limit.js';
import type { Logger } from '../../observability/log.js';
import type { AttemptPort } from '../../store/ports/attempts.js';
import { provide, provideBy } from './provide.js';
import { T } from './tokens.js';

/** Registers that nobody can sign in, as no provider is configured. */
export function provideNoSignIn(c: DependencyContainer): void {
  provide(c, T.authenticator, DenyAll, []);
  provideBy(c, T.accounts, () => undefined, []);
}

/** Registers sign-in at the provider of `oidc`. No step waits for the provider, which may be down. */
export function provideSignIn(c: DependencyContainer, oidc: OidcConfig, cookieKeys: CookieKeys): void {
  c.registerInstance(T.cookieKeys, cookieKeys);
  c.registerInstance(T.lifetimes, SIGN_IN_LIFETIMES);
  provide(c, T.cookies, CookieCodec, [T.cookieKeys]);
  provide(c, T.sealer, Sealer, [T.cookieKeys]);
  const provider = (publicUrl: URL, log: Logger) => new Provider({ ...oidc, publicUrl, log });
  provideBy(c, T.provider, provider, [T.publicUrl, T.log]);
  provideTokens(c);
  provide(c, T.sessions, Sessions, [
    {
      store: T.authStore,
      sealer: T.sealer,
      refresher: T.refresher,
      keeping: T.tokenKeeping,
      revocation: T.tokenRevocation,
      log: T.log,
    },
  ]);
  const { audience, clockToleranceS } = oidc;
  const bearer = (parts: Pick<BearerOptions, 'provider' | 'store' | 'metrics'>) =>
    audience === undefined ? undefined : new BearerTokens({ ...parts, audience, clockToleranceS });
  provideBy(c, T.bearer, bearer, [{ provider: T.provider, store: T.authStore, metrics: T.metrics }]);
  provide(c, T.authenticator, SessionAuthenticator, [T.cookies, T.sessions, T.bearer]);
  provideAccounts(c, oidc);
}

/** Registers the parts that refresh, keep and revoke the provider's tokens of sessions. */
function provideTokens(c: DependencyContainer): void {
  provide(c, T.tokenRevocation, TokenRevocation, [{ provider: T.provider, log: T.log }]);
  provide(c, T.tokenKeeping, TokenKeeping, [
    { store: T.authStore, sealer: T.sealer, revocation: T.tokenRevocation, log: T.log },
  ]);
  provide(c, T.refresher, Refresher, [
    {
      provider: T.provider,
      store: T.authStore,
      keeping: T.tokenKeeping,
      revocation: T.tokenRevocation,
      metrics: T.metrics,
      log: T.log,
    },
  ]);
}

/** Registers the parts of sign-in that the routes work with. */
function provideAccounts(c: DependencyContainer, oidc: OidcConfig): void {
  provide(c, T.signIn, SignInFlow, [
    {
      provider: T.provider,
      store: T.authStore,
      sessions: T.sessions,
      revocation: T.tokenRevocation,
      cookies: T.cookies,
      sealer: T.sealer,
      lifetimes: T.lifetimes,
      log: T.log,
    },
  ]);
  provide(c, T.signOut, SignOut, [{ provider: T.provider, sessions: T.sessions, log: T.log }]);
  const starts = (store: AttemptPort) => new SharedLimit('sign-in-address', SIGN_IN_STARTS, store);
  provideBy(c, T.signInStarts, starts, [T.authStore]);
  const accounts = (parts: Omit<SignInServices, 'tokenFlags'>): SignInServices => ({
    ...parts,
    tokenFlags: tokenFlags(oidc),
  });
  provideBy(c, T.accounts, accounts, [
    {
      cookies: T.cookies,
      sessions: T.sessions,
      signIn: T.signIn,
      signOut: T.signOut,
      starts: T.signInStarts,
    },
  ]);
}
