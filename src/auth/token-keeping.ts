// TokenKeeping stores refreshed tokens of sessions, and keeps them in memory while the store takes no writes.
import { type Clock, systemClock } from '../actors/clock.js';
import { backoffMs } from '../actors/supervision/spec.js';
import type { Logger } from '../observability/log.js';
import { StoreError, storeWhy } from '../store/ports/errors.js';
import type { SignInId } from '../store/ports/ids.js';
import type { SignInPort } from '../store/ports/sign-ins.js';
import type { StoreState } from '../store/ports/store.js';
import type { Sealer } from './seal.js';
import type { Session } from './session-tokens.js';
import { type SessionTokens, sealTokens } from './session-tokens.js';
import type { TokenRevocation } from './token-revocation.js';

/** The services that keep tokens. */
export interface TokenKeepingOptions {
  readonly store: Pick<SignInPort, 'resealSignIn'> & StateReports;
  readonly sealer: Sealer;
  readonly revocation: TokenRevocation;
  readonly log: Logger;
  readonly timers?: Clock;
}

/** Reports whether the store can read and write, whenever that may have changed. */
export interface StateReports {
  onState(listener: (state: StoreState) => void): void;
}

/** The most sessions whose tokens may wait for the store, about 10 MB of them. Tokens of further sessions are lost. */
export const MAX_WAITING = 1_000;

/** The most tries after the first; together they take about two minutes. */
const MAX_TRIES = 30;
const AGAIN = { minMs: 250, maxMs: 5_000 };

/**
 * Stores new tokens of sessions. The provider has made the old tokens void, so while the store takes no writes the new ones stay
 * in memory, and are stored later.
 */
export class TokenKeeping {
  readonly #options: TokenKeepingOptions;
  readonly #timers: Clock;
  /** For each session whose tokens wait: a function that tries to store them now. */
  readonly #waiting = new Map<SignInId, () => void>();

  constructor(options: TokenKeepingOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemClock;
    // The tokens are stored at once, before another process claims the session and sends its old refresh token.
    options.store.onState(({ reads, writes }) => {
      if (reads === undefined && writes === undefined) for (const now of [...this.#waiting.values()]) now();
    });
  }

  /** Whether newer tokens of this session than the store's wait here. */
  isWaiting(signInId: SignInId): boolean {
    return this.#waiting.has(signInId);
  }

  /**
   * Stores tokens. False: the session has ended. Rejects with a StoreError if the store takes no writes now; then they are stored
   * later.
   */
  async keep(session: Session, tokens: SessionTokens): Promise<boolean> {
    try {
      return await this.#store(session, tokens);
    } catch (error) {
      this.#wait(session, tokens, error);
      throw error;
    }
  }

  async #store({ signIn: { userId, signInId }, cookie }: Session, tokens: SessionTokens): Promise<boolean> {
    const { store, sealer, revocation } = this.#options;
    const alive = await store.resealSignIn(userId, signInId, sealTokens(sealer, cookie, tokens));
    if (!alive) revocation.begin(signInId, tokens.refreshToken);
    return alive;
  }

  #wait(session: Session, tokens: SessionTokens, error: unknown): void {
    const { signInId } = session.signIn;
    if (this.#waiting.size >= MAX_WAITING || !mayPass(error)) return this.#lost(signInId, error);
    this.#later(session, tokens, 1);
  }

  #later(session: Session, tokens: SessionTokens, tries: number): void {
    const again = () => void this.#again(session, tokens, tries);
    const cancel = this.#timers.after(backoffMs(AGAIN, tries, Math.random()), again);
    this.#waiting.set(session.signIn.signInId, () => {
      cancel();
      again();
    });
  }

  async #again(session: Session, tokens: SessionTokens, tries: number): Promise<void> {
    const { signInId } = session.signIn;
    // A try is under way, so the store's report must not begin a second one.
    this.#waiting.set(signInId, () => {});
    try {
      await this.#store(session, tokens);
      this.#waiting.delete(signInId);
    } catch (error) {
      if (tries < MAX_TRIES && mayPass(error)) return this.#later(session, tokens, tries + 1);
      this.#waiting.delete(signInId);
      this.#lost(signInId, error);
    }
  }

  #lost(signInId: SignInId, error: unknown): void {
    const text = 'new tokens of a session could not be stored; it ends when the old ones are used';
    this.#options.log.error({ signInId, ...storeWhy(error) }, text);
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof StoreError && error.code !== 'ERR_STORE_CLOSED';
}
