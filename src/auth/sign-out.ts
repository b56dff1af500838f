// SignOut signs users out, here and at the provider.
import type { Logger } from '../observability/log.js';
import type { Requester } from '../store/ports/audit.js';
import type { Provider } from './provider.js';
import { whyOf } from './provider-error.js';
import type { Session } from './session-tokens.js';
import type { Sessions } from './sessions.js';

/** The services that a sign-out uses. */
export interface SignOutOptions {
  readonly provider: Pick<Provider, 'endSessionUrl'>;
  readonly sessions: Sessions;
  readonly log: Logger;
}

/** Signs users out: here in any case, and at the provider if it can be reached. */
export class SignOut {
  readonly #options: SignOutOptions;

  constructor(options: SignOutOptions) {
    this.#options = options;
  }

  /**
   * Ends a session, after which copies of its cookie are void.
   * @returns the URL to which to send the browser to sign out at the provider too; undefined: the provider has none, or cannot be
   * reached
   */
  async run({ signIn, tokens }: Session, by?: Requester): Promise<URL | undefined> {
    const { provider, sessions, log } = this.#options;
    await sessions.end(signIn.userId, signIn.signInId, by);
    return provider.endSessionUrl(tokens.idToken).catch((error: unknown) => {
      log.warn(
        { ...whyOf(error), signInId: signIn.signInId },
        'a user was not signed out at the OpenID provider',
      );
      return undefined;
    });
  }
}
