import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../observability/log.js';
import type { Metrics } from '../observability/metrics.js';
import { StoreError, storeWhy } from '../store/ports/errors.js';
import type { SignInId } from '../store/ports/ids.js';
import type { SignInPort } from '../store/ports/sign-ins.js';
import type { Provider, Tokens } from './provider.js';
import { ProviderError, type ProviderErrorCode, whyOf } from './provider-error.js';
import { refreshed, type SessionTokens } from './session-tokens.js';
import type { Session } from './sessions.js';
import type { TokenKeeping } from './token-keeping.js';
import type { TokenRevocation } from './token-revocation.js';

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

/** How long a session is left as it is from the begin of a refresh, whatever comes of it, in ms. The store keeps it. */
const CLAIM_MS = 30_000;

/**
 * How long nobody asks a provider that could not be reached, in ms. Shorter than a claim: next comes another session than
 * the one that found it so.
 */
const UNREACHABLE_MS = 10_000;

/** How long the store is waited for to take a claim, in ms, and then not again: the session is good without new tokens. */
const PATIENCE_MS = 1_000;

/** Refusals that say that somebody is not signed in at the provider any more. */
const ENDS: ReadonlySet<ProviderErrorCode> = new Set(['ERR_PROVIDER_GRANT', 'ERR_PROVIDER_DENIED']);

/** Gets new tokens of the provider for sessions, once for each session however many ask. */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #clock: () => number;
  readonly #flights = new Map<SignInId, Promise<Session | undefined>>();
  /** The provider could not be reached, or the store not be written: nobody waits for them again before then. */
  #notBefore = 0;
  /** The last session that was asked for, if the provider answered that it fails: is that all of it, or this one's? */
  #failedFor: SignInId | undefined;

  constructor(options: RefresherOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
  }

  /** Whether the provider's tokens of a session have run out, and new ones may be had. */
  isDue({ tokens: { refreshToken, expiresAt }, signIn: { signInId, claimedUntil } }: Session): boolean {
    if (refreshToken === undefined || expiresAt === undefined) return false;
    // Its old tokens are used up.
    if (this.#options.keeping.isWaiting(signInId)) return false;
    const now = this.#clock();
    return now >= expiresAt && now >= claimedUntil && now >= this.#notBefore;
  }

  /**
   * The session with new tokens, or as it is if they cannot be had now; undefined: it has ended. Rejects with a StoreError
   * where that takes no writes now.
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

  /** Counted once, however many wait for it. */
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

  /** New tokens; those that are there, if it gives none; undefined: the session is over. */
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

  /** Nobody waits for a provider that cannot be reached; one that answers may fail at one session only. */
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
