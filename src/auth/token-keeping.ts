import { type Clock, systemClock } from '../actors/clock.js';
import { backoffMs } from '../actors/supervision/spec.js';
import type { Logger } from '../observability/log.js';
import { StoreError, storeWhy } from '../store/ports/errors.js';
import type { SignInId } from '../store/ports/ids.js';
import type { SignInPort } from '../store/ports/sign-ins.js';
import type { StoreState } from '../store/ports/store.js';
import type { Sealer } from './seal.js';
import { type SessionTokens, sealTokens } from './session-tokens.js';
import type { Session } from './sessions.js';
import type { TokenRevocation } from './token-revocation.js';

export interface TokenKeepingOptions {
  readonly store: Pick<SignInPort, 'resealSignIn'> & StateReports;
  readonly sealer: Sealer;
  readonly revocation: TokenRevocation;
  readonly log: Logger;
  readonly timers?: Clock;
}

/** Tells what the store can do, whenever that has perhaps changed. */
export interface StateReports {
  onState(listener: (state: StoreState) => void): void;
}

/** Sessions whose tokens wait for the store: some 10 MB. Those of more are lost. */
export const MAX_WAITING = 1_000;

/** Tries after the first, some two minutes of them. */
const MAX_TRIES = 30;
const AGAIN = { minMs: 250, maxMs: 5_000 };

/**
 * Stores new tokens of sessions. The provider has taken the old ones back, so while the store takes none they are kept
 * here and offered to it again.
 */
export class TokenKeeping {
  readonly #options: TokenKeepingOptions;
  readonly #timers: Clock;
  /** How each is tried before its time. */
  readonly #waiting = new Map<SignInId, () => void>();

  constructor(options: TokenKeepingOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemClock;
    // Before another process claims the session and sends its old token.
    options.store.onState(({ reads, writes }) => {
      if (reads === undefined && writes === undefined) for (const now of [...this.#waiting.values()]) now();
    });
  }

  /** Whether newer tokens of this session than the store's are here. */
  isWaiting(signInId: SignInId): boolean {
    return this.#waiting.has(signInId);
  }

  /** False: the session has ended. Rejects with a StoreError when the store does not take them now; it is asked again. */
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
    // It is being tried.
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
