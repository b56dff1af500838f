import type { Logger } from '../observability/log.js';
import type { SignInId } from '../store/ids.js';
import type { SignInPort } from '../store/ports/sign-ins.js';
import type { Provider, Tokens } from './provider.js';
import { ProviderError } from './provider-error.js';
import type { Sealer } from './seal.js';
import { refreshed, sealTokens } from './session-tokens.js';
import type { Session } from './sessions.js';

export interface RefresherOptions {
  readonly provider: Pick<Provider, 'refresh'>;
  readonly store: Pick<SignInPort, 'claimRefresh' | 'resealSignIn' | 'endSignIn'>;
  readonly sealer: Sealer;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** How long a session is left as it is after a refresh failed, or while another process does it, in ms. */
const AGAIN_MS = 30_000;

/** Gets new tokens of the provider for sessions, once for each session however many ask. */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #clock: () => number;
  readonly #flights = new Map<SignInId, Promise<Session | undefined>>();
  /** The provider failed: nobody waits for it again before then. */
  #notBefore = 0;

  constructor(options: RefresherOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
  }

  /** Refreshes under way. */
  get size(): number {
    return this.#flights.size;
  }

  /** Whether the provider's tokens of a session have run out, and new ones may be had. */
  isDue({ tokens: { refreshToken, expiresAt } }: Session): boolean {
    if (refreshToken === undefined || expiresAt === undefined) return false;
    const now = this.#clock();
    return now >= expiresAt && now >= this.#notBefore;
  }

  /** The session with new tokens, or as it is if they cannot be had now; undefined: it has ended. */
  refresh(session: Session): Promise<Session | undefined> {
    const { signInId } = session.signIn;
    const flight = this.#flights.get(signInId) ?? this.#refresh(session);
    this.#flights.set(signInId, flight);
    const landed = () => {
      if (this.#flights.get(signInId) === flight) this.#flights.delete(signInId);
    };
    flight.then(landed, landed);
    return flight;
  }

  async #refresh(session: Session): Promise<Session | undefined> {
    const { store } = this.#options;
    const { userId, signInId } = session.signIn;
    if (!(await store.claimRefresh(userId, signInId, AGAIN_MS))) return session;
    const answer = await this.#askProvider(session);
    if (answer === 'failed') return session;
    if (answer === 'ended') {
      await store.endSignIn(userId, signInId, { actor: 'system' });
      return undefined;
    }
    const tokens = refreshed(session.tokens, answer);
    const sealed = sealTokens(this.#options.sealer, session.cookie, tokens);
    if (!(await store.resealSignIn(userId, signInId, sealed))) return undefined;
    return { ...session, tokens };
  }

  async #askProvider({ tokens, signIn }: Session): Promise<Tokens | 'failed' | 'ended'> {
    const { provider, log } = this.#options;
    const { refreshToken = '', issuer, subject } = tokens;
    try {
      return await provider.refresh(refreshToken, { issuer, subject });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const { signInId } = signIn;
      if (error.code === 'ERR_PROVIDER_GRANT') {
        log.info({ signInId, err: error }, 'the OpenID provider ended a session');
        return 'ended';
      }
      log.warn({ signInId, err: error }, 'a session could not be refreshed; it stays as it is for now');
      this.#notBefore = this.#clock() + AGAIN_MS;
      return 'failed';
    }
  }
}
