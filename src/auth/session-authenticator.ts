import type { Authenticator, Credentials, CredentialsRefusal, Principal } from './authenticator.js';
import type { BearerTokens } from './bearer.js';
import { type CookieCodec, hasCookie } from './cookie.js';
import type { Sessions } from './sessions.js';

/** Accepts the cookie of a session that lives, or an access token of the provider. */
export class SessionAuthenticator implements Authenticator {
  readonly #cookies: CookieCodec;
  readonly #sessions: Sessions;
  readonly #bearer: BearerTokens | undefined;

  /** @param bearer undefined: access tokens are not accepted */
  constructor(cookies: CookieCodec, sessions: Sessions, bearer: BearerTokens | undefined) {
    this.#cookies = cookies;
    this.#sessions = sessions;
    this.#bearer = bearer;
  }

  async authenticate(credentials: Credentials): Promise<Principal | CredentialsRefusal | undefined> {
    // Other schemes are for a proxy before us.
    const bearer = /^bearer(?: +(.*))?$/i.exec(credentials.authorization);
    if (bearer === null) return this.#bySession(credentials);
    if (hasCookie(credentials.cookie)) return { refused: 'ambiguous' };
    const user = await this.#bearer?.user(bearer[1] ?? '');
    return user && { ...user, via: 'bearer' };
  }

  async #bySession({ cookie, passive }: Credentials): Promise<Principal | CredentialsRefusal | undefined> {
    const browser = this.#cookies.read(cookie);
    if (browser?.type !== 'session') return undefined;
    const session = await this.#sessions.find(browser);
    if (session === undefined) return { refused: 'ended' };
    if (!passive) this.#sessions.touch(session);
    const { userId, signInId } = session.signIn;
    return { userId, via: 'session', signInId };
  }
}
