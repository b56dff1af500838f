import { hash } from 'node:crypto';
import * as oc from 'openid-client';
import type { Logger } from '../observability/log.js';
import type { UserId } from '../store/ports/ids.js';
import type { UserPort } from '../store/ports/sign-ins.js';
import { PENDING_MS, type SignInPort } from '../store/ports/sign-ins.js';
import { cut } from '../text/characters.js';
import type { BrowserCookie, CookieCodec } from './cookie.js';
import type { Provider } from './provider.js';
import { ProviderError, type ProviderErrorCode, whyOf } from './provider-error.js';
import { localPath } from './return-to.js';
import type { Sealer } from './seal.js';
import { type SessionTokens, sealTokens } from './session-tokens.js';
import type { Sessions } from './sessions.js';
import { openState, type PendingSignIn, sealState } from './sign-in-state.js';
import type { TokenRevocation } from './token-revocation.js';

/** How long sessions last, in ms. */
export interface Lifetimes {
  /** Without being used. */
  readonly idleMs: number;
  /** In any case. */
  readonly absoluteMs: number;
}

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
  /** The cookie that it has. */
  readonly cookie: BrowserCookie | undefined;
  /** Where it wants to go, as it says. */
  readonly returnTo: string | undefined;
}

/** A browser that is sent on. */
export interface Redirect {
  readonly location: string;
  readonly setCookie: string | undefined;
}

/** A browser that came back from the provider. */
export interface Finish {
  readonly cookie: BrowserCookie | undefined;
  /** What it brought; no name twice. */
  readonly query: Readonly<Record<string, string>>;
  readonly userAgent: string;
  readonly remoteAddr: string;
  readonly requestId: string;
  /** Hears who it is before a session is begun; rejects where this user has to wait. */
  readonly admit: (user: UserId) => Promise<void>;
}

/**
 * Why nobody was signed in. `malformed`: what came is nothing that a provider sends. `unknown`: this browser did not ask
 * for it, or too long ago, or has had its answer. Otherwise the provider's error.
 */
export type SignInFailure = 'malformed' | 'unknown' | ProviderErrorCode;

/** Its cookie stays longer, in ms: so a browser that comes back late can be told from one that keeps no cookies. */
const PENDING_COOKIE_MS = 60 * 60_000;

/** Sends browsers to the provider, and makes sessions of those that come back. */
export class SignInFlow {
  readonly #options: SignInOptions;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /**
   * Keeps nothing: what must be known when the browser comes back, it brings itself. Rejects with a ProviderError or
   * StoreError.
   */
  async begin({ cookie, returnTo }: Begin): Promise<Redirect> {
    const { provider, store, cookies, sealer } = this.#options;
    // Whose new cookie was lost on the way gets one more. Nothing is to be written, but where the store does not answer nobody
    // is sent to the provider for nothing: the way back needs it.
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
    // A session's cookie stays as it is; a pending one lives on with each sign-in that it is for.
    const setCookie = browser.type === 'pending' ? cookies.set(browser, PENDING_COOKIE_MS / 1000) : undefined;
    return { location: url.href, setCookie };
  }

  /** Rejects with a StoreError, and as {@link Finish.admit}; what can be done about that is to try again, with a new sign-in. */
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
      // The tokens of a session that this browser has already may be of the same grant.
      if (cookie?.type !== 'session') revocation.begin(undefined, tokens.refreshToken);
      throw error;
    }
  }

  /** @returns its cookie, to be set */
  async #beginSession(
    { cookie, userAgent, remoteAddr, requestId, admit }: Finish,
    tokens: SessionTokens,
  ): Promise<string> {
    const { store, sessions, cookies, sealer, lifetimes, log } = this.#options;
    const owner = await store.ensureUser(tokens.issuer, tokens.subject);
    await admit(owner);
    // Always a new id: whoever knew the one before, knows nothing now.
    const session = cookies.create('session');
    const signIn = {
      cookie: session.hash,
      sealed: sealTokens(sealer, session.hash, tokens),
      expiresAt: Date.now() + lifetimes.absoluteMs,
      idleMs: lifetimes.idleMs,
      userAgent: cut(userAgent, MAX_USER_AGENT),
      remoteAddr,
    };
    const by = { remoteAddr, requestId };
    const { signInId, ended } = await store.beginSignIn(owner, signIn, cookie?.hash, by);
    log.info({ userId: owner, issuer: tokens.issuer, sub: tokens.subject, signInId }, 'a user signed in');
    for (const old of ended) sessions.replaced(old, tokens);
    return cookies.set(session, lifetimes.absoluteMs / 1000);
  }

  /** The person is told little; the operator is told what to look at. */
  #failure(error: unknown, { requestId, remoteAddr }: Finish): ProviderErrorCode {
    if (!(error instanceof ProviderError)) throw error;
    const level = error.code === 'ERR_PROVIDER_DENIED' ? 'info' : 'warn';
    this.#options.log[level](
      { code: error.code, ...whyOf(error), requestId, remoteAddr },
      'a sign-in failed at the OpenID provider',
    );
    return error.code;
  }

  /** Undefined: it was not begun by this browser, or is over. */
  async #spend({ hash: browser }: BrowserCookie, state: string): Promise<PendingSignIn | undefined> {
    const { store, sealer } = this.#options;
    const pending = openState(sealer, browser, state);
    if (pending === undefined) return undefined;
    return (await store.spendState(browser, hash('sha256', state), pending.expiresAt)) ? pending : undefined;
  }
}

/** What is shown of a browser in the list of sessions; the rest is cut, in characters. */
const MAX_USER_AGENT = 256;
