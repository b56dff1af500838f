// SignInFlow sends browsers to the provider, and begins sessions for those that come back.
import { hash } from 'node:crypto';
import * as oc from 'openid-client';
import type { Logger } from '../observability/log.js';
import type { UserId } from '../store/ports/ids.js';
import type { UserPort } from '../store/ports/sign-ins.js';
import { PENDING_MS, type SignInPort } from '../store/ports/sign-ins.js';
import { truncate } from '../text/characters.js';
import { localPath } from './browser.js';
import type { BrowserCookie, CookieCodec } from './cookie.js';
import type { Provider } from './provider.js';
import { ProviderError, type ProviderErrorCode, whyOf } from './provider-error.js';
import type { Sealer } from './seal.js';
import { type SessionTokens, sealTokens } from './session-tokens.js';
import type { Sessions } from './sessions.js';
import { openState, type PendingSignIn, sealState } from './sign-in-state.js';
import type { TokenRevocation } from './token-revocation.js';

/** How long sessions last, in ms. */
export interface Lifetimes {
  /** How long an unused session lasts. */
  readonly idleMs: number;
  /** How long any session lasts. */
  readonly absoluteMs: number;
}

/** The services that a sign-in uses. */
export interface SignInOptions {
  readonly provider: Provider;
  readonly store: UserPort & SignInPort;
  readonly sessions: Sessions;
  readonly revocation: TokenRevocation;
  readonly cookies: CookieCodec;
  readonly sealer: Sealer;
  readonly lifetimes: Lifetimes;
  readonly log: Logger;
}

/** A browser that asks to be signed in. */
export interface Begin {
  /** The cookie that the browser has. */
  readonly cookie: BrowserCookie | undefined;
  /** The page to which the browser asks to go afterwards, unchecked. */
  readonly returnTo: string | undefined;
}

/** The URL that a browser is sent to, and the cookie that it is given. */
export interface Redirect {
  readonly location: string;
  readonly setCookie: string | undefined;
}

/** A browser that came back from the provider. */
export interface Finish {
  readonly cookie: BrowserCookie | undefined;
  /** The query of the callback, in which each name occurs once. */
  readonly query: Readonly<Record<string, string>>;
  readonly userAgent: string;
  readonly remoteAddr: string;
  readonly requestId: string;
  /** Is called with the user before a session begins; rejects if this user has to wait. */
  readonly admit: (user: UserId) => Promise<void>;
}

/**
 * Why a sign-in failed. `malformed`: no provider sends such a query. `unknown`: this browser did not begin the sign-in, began it
 * too long ago, or has finished it. Any other value is the provider's error.
 */
export type SignInFailure = 'malformed' | 'unknown' | ProviderErrorCode;

/**
 * How long the cookie of a pending sign-in lives, in ms: longer than the sign-in, to tell a late browser from one without
 * cookies.
 */
const PENDING_COOKIE_MS = 60 * 60_000;

/** Sends browsers to the provider, and begins sessions for those that come back (docs/adr/0014). */
export class SignInFlow {
  readonly #options: SignInOptions;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /**
   * Begins a sign-in. Nothing is kept here: the browser brings the `state` back. Rejects with a ProviderError or StoreError.
   */
  async begin({ cookie, returnTo }: Begin): Promise<Redirect> {
    const { provider, store, cookies, sealer } = this.#options;
    // A browser whose new cookie was lost on the way still has the old one, and gets another. The question also makes sure that
    // the store answers, which the browser's way back from the provider needs.
    const isGood = cookie !== undefined && !(await store.isReplaced(cookie.hash));
    const browser = isGood ? cookie : cookies.create('pending');
    const pending = {
      nonce: oc.randomNonce(),
      verifier: oc.randomPKCECodeVerifier(),
      expiresAt: Date.now() + PENDING_MS,
      returnTo: localPath(returnTo),
    };
    const url = await provider.authorizationUrl({
      ...pending,
      state: sealState(sealer, browser.hash, pending),
    });
    // A session's cookie stays as it is; each sign-in with a pending cookie extends the cookie's life.
    const setCookie = browser.type === 'pending' ? cookies.set(browser, PENDING_COOKIE_MS / 1000) : undefined;
    return { location: url.href, setCookie };
  }

  /**
   * Finishes a sign-in. Rejects with a StoreError, and as {@link Finish.admit} does; the user then has to begin a new sign-in.
   */
  async finish(finish: Finish): Promise<Redirect | SignInFailure> {
    const { provider, revocation } = this.#options;
    const { cookie, query } = finish;
    const { state = '', code = '', error = '' } = query;
    if (state === '' || (code === '') === (error === '')) return 'malformed';
    const pending = cookie && (await this.#spend(cookie, state));
    if (pending === undefined) return 'unknown';
    const redeemed = provider.redeem(new URLSearchParams(query).toString(), { ...pending, state });
    const tokens = await redeemed.catch((error: unknown) => this.#failure(error, finish));
    if (typeof tokens === 'string') return tokens;
    try {
      return { location: pending.returnTo, setCookie: await this.#beginSession(finish, tokens) };
    } catch (error) {
      // A session that this browser has already may share the grant of these tokens: then they are not revoked.
      if (cookie?.type !== 'session') revocation.begin(undefined, tokens.refreshToken);
      throw error;
    }
  }

  /** @returns the `Set-Cookie` value of the new session */
  async #beginSession(
    { cookie, userAgent, remoteAddr, requestId, admit }: Finish,
    tokens: SessionTokens,
  ): Promise<string> {
    const { store, sessions, cookies, sealer, lifetimes, log } = this.#options;
    const owner = await store.ensureUser(tokens.issuer, tokens.subject);
    await admit(owner);
    // The id is always new, so that an attacker who knew the old one has nothing (session fixation).
    const session = cookies.create('session');
    const signIn = {
      cookie: session.hash,
      sealed: sealTokens(sealer, session.hash, tokens),
      expiresAt: Date.now() + lifetimes.absoluteMs,
      idleMs: lifetimes.idleMs,
      userAgent: truncate(userAgent, MAX_USER_AGENT),
      remoteAddr,
    };
    const by = { remoteAddr, requestId };
    const { signInId, ended } = await store.beginSignIn(owner, signIn, cookie?.hash, by);
    log.info({ userId: owner, issuer: tokens.issuer, sub: tokens.subject, signInId }, 'a user signed in');
    for (const old of ended) sessions.replaced(old, tokens);
    return cookies.set(session, lifetimes.absoluteMs / 1000);
  }

  /** Logs for the operator why a sign-in failed; the user is told only the code. */
  #failure(error: unknown, { requestId, remoteAddr }: Finish): ProviderErrorCode {
    if (!(error instanceof ProviderError)) throw error;
    const level = error.code === 'ERR_PROVIDER_DENIED' ? 'info' : 'warn';
    this.#options.log[level](
      { code: error.code, ...whyOf(error), requestId, remoteAddr },
      'a sign-in failed at the OpenID provider',
    );
    return error.code;
  }

  /** Opens the `state` and marks it as spent. Undefined: another browser began the sign-in, or the sign-in is over. */
  async #spend({ hash: browser }: BrowserCookie, state: string): Promise<PendingSignIn | undefined> {
    const { store, sealer } = this.#options;
    const pending = openState(sealer, browser, state);
    if (pending === undefined) return undefined;
    return (await store.spendState(browser, hash('sha256', state), pending.expiresAt)) ? pending : undefined;
  }
}

/** The part of a User-Agent that the list of sessions shows, in characters. */
const MAX_USER_AGENT = 256;
