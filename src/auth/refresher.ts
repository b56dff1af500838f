// Refresher gets new tokens from the provider for sessions whose tokens have run out.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../observability/log.js';
import type { Metrics } from '../observability/metrics.js';
import { StoreError, storeWhy } from '../store/ports/errors.js';
import type { SignInId } from '../store/ports/ids.js';
import type { SignInPort } from '../store/ports/sign-ins.js';
import type { Provider, Tokens } from './provider.js';
import { ProviderError, type ProviderErrorCode, whyOf } from './provider-error.js';
import type { Session } from './session-tokens.js';
import { refreshed, type SessionTokens } from './session-tokens.js';
import type { TokenKeeping } from './token-keeping.js';
import type { TokenRevocation } from './token-revocation.js';

/** The services that a refresher uses. */
export interface RefresherOptions {
  readonly provider: Pick<Provider, 'refresh'>;
  readonly store: Pick<SignInPort, 'claimRefresh' | 'endSignIn'>;
  readonly keeping: TokenKeeping;
  readonly revocation: TokenRevocation;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/**
 * How long one refresh claims a session, in ms, whether it succeeds or not: no process refreshes the session again during that
 * time. The store keeps the claim.
 */
const CLAIM_MS = 30_000;

/**
 * How long the provider is not asked after it could not be reached, in ms. This is shorter than a claim, so that the next
 * question comes from another session than the one that met the failure.
 */
const UNREACHABLE_MS = 10_000;

/** How long a request waits for the store to take a claim, in ms. A session is valid without new tokens too. */
const PATIENCE_MS = 1_000;

/** Errors of the provider that end the session: its user is not signed in there any more. */
const ENDS: ReadonlySet<ProviderErrorCode> = new Set(['ERR_PROVIDER_GRANT', 'ERR_PROVIDER_DENIED']);

/** Gets new tokens for sessions from the provider. Requests that ask for one session at the same time share one refresh. */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #clock: () => number;
  readonly #flights = new Map<SignInId, Promise<Session | undefined>>();
  /** No refresh begins before this time, in ms since 1970: the provider could not be reached, or the store takes no writes. */
  #notBefore = 0;
  /** The session at which the provider failed last; a failure at another session too means that all refreshes fail. */
  #failedFor: SignInId | undefined;

  constructor(options: RefresherOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
  }

  /** Whether the provider's tokens of a session have run out and new ones can be had. */
  isDue({ tokens: { refreshToken, expiresAt }, signIn: { signInId, claimedUntil } }: Session): boolean {
    if (refreshToken === undefined || expiresAt === undefined) return false;
    // The store still has the session's old tokens, which are void, and its new tokens wait to be stored.
    if (this.#options.keeping.isWaiting(signInId)) return false;
    const now = this.#clock();
    return now >= expiresAt && now >= claimedUntil && now >= this.#notBefore;
  }

  /**
   * Resolves with the session and its new tokens, or with the unchanged session if there are none now; undefined: the session has
   * ended. Rejects with a StoreError while the store takes no writes.
   */
  refresh(session: Session): Promise<Session | undefined> {
    const { signInId } = session.signIn;
    const flight = this.#flights.get(signInId) ?? this.#counted(session);
    this.#flights.set(signInId, flight);
    const landed = () => {
      if (this.#flights.get(signInId) === flight) this.#flights.delete(signInId);
    };
    flight.then(landed, landed);
    return flight;
  }

  /** Refreshes and counts the outcome, once for all requests that wait for it. */
  async #counted(session: Session): Promise<Session | undefined> {
    const { refreshes } = this.#options.metrics;
    try {
      const found = await this.#refresh(session);
      if (found === undefined) refreshes.ended += 1;
      else refreshes[found.tokens.expiresAt === session.tokens.expiresAt ? 'unchanged' : 'refreshed'] += 1;
      return found;
    } catch (error) {
      refreshes.failed += 1;
      if (error instanceof StoreError) this.#holdAll(PATIENCE_MS);
      throw error;
    }
  }

  async #refresh(session: Session): Promise<Session | undefined> {
    const { store, keeping } = this.#options;
    const { userId, signInId } = session.signIn;
    const late = delay(PATIENCE_MS, 'late' as const, { ref: false });
    const claimed = await Promise.race([store.claimRefresh(userId, signInId, CLAIM_MS), late]);
    if (claimed === 'late') this.#holdAll(PATIENCE_MS);
    if (claimed !== true) return session;
    const tokens = await this.#askProvider(session);
    if (tokens === session.tokens) return session;
    if (tokens !== undefined)
      return (await keeping.keep(session, tokens)) ? { ...session, tokens } : undefined;
    await this.#end(session);
    return undefined;
  }

  async #end({ signIn: { userId, signInId } }: Session): Promise<void> {
    const { store, log } = this.#options;
    try {
      await store.endSignIn(userId, signInId, { actor: 'system' });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const text = 'a session that the OpenID provider ended is still in the store; its next refresh ends it';
      log.warn({ signInId, ...storeWhy(error) }, text);
    }
  }

  /** Gets new tokens, or the present ones if the provider gives none; undefined: the provider ended the session. */
  async #askProvider({ tokens, signIn: { signInId } }: Session): Promise<SessionTokens | undefined> {
    const { provider, revocation } = this.#options;
    const { refreshToken = '', issuer, subject } = tokens;
    let kept = tokens;
    try {
      const answer: Tokens = await provider.refresh(refreshToken, { issuer, subject }, (rotated) => {
        kept = { ...tokens, refreshToken: rotated };
      });
      this.#failedFor = undefined;
      return refreshed(kept, answer);
    } catch (error) {
      if (!this.#endsSession(signInId, error)) return kept;
      revocation.begin(signInId, kept.refreshToken);
      return undefined;
    }
  }

  #endsSession(signInId: SignInId, error: unknown): boolean {
    const { log } = this.#options;
    const code = error instanceof ProviderError ? error.code : undefined;
    this.#noteDown(signInId, error);
    if (code !== undefined && ENDS.has(code)) {
      log.info({ signInId, ...whyOf(error) }, 'the OpenID provider ended a session');
      return true;
    }
    const text = 'a session could not be refreshed; it stays as it is for now';
    log[code === undefined ? 'error' : 'warn']({ signInId, ...whyOf(error) }, text);
    return false;
  }

  /**
   * Pauses all refreshes if the provider cannot be reached, or fails at two sessions in a row: one failure may have to do with
   * that one session.
   */
  #noteDown(signInId: SignInId, error: unknown): void {
    const isDown = error instanceof ProviderError && error.code === 'ERR_PROVIDER_UNREACHABLE';
    const before = this.#failedFor;
    this.#failedFor = isDown ? signInId : undefined;
    if (!isDown || (error.hasAnswered && (before === undefined || before === signInId))) return;
    this.#holdAll(UNREACHABLE_MS);
  }

  #holdAll(ms: number): void {
    this.#notBefore = Math.max(this.#notBefore, this.#clock() + ms);
  }
}
