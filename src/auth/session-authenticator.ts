// SessionAuthenticator finds the user of a request by its session cookie or its access token.
import type {
  Authenticator,
  Credentials,
  CredentialsRefusal,
  Principal,
  SessionPrincipal,
} from './authenticator.js';
import type { BearerTokens } from './bearer.js';
import { type CookieCodec, hasCookie } from './cookie.js';
import type { Session } from './session-tokens.js';
import type { Sessions } from './sessions.js';

/** The scheme as almost all clients write it; other spellings take the slower way. */
const SCHEME = 'Bearer ';

/** Accepts the cookie of a live session, or an access token of the provider. */
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

  peek({ authorization, cookie, passive }: Credentials): Principal | undefined {
    if (authorization === '') {
      const browser = this.#cookies.read(cookie);
      const session = browser && this.#sessions.peek(browser);
      return session && this.#used(session, passive);
    }
    // A cookie and a token together, or another scheme, are left to authenticate().
    if (cookie !== '' || !authorization.startsWith(SCHEME)) return undefined;
    return this.#bearer?.peek(authorization.slice(SCHEME.length));
  }

  async authenticate(credentials: Credentials): Promise<Principal | CredentialsRefusal | undefined> {
    // Other schemes are credentials for a proxy before us, not for this product.
    const bearer = /^bearer(?: +(.*))?$/i.exec(credentials.authorization);
    if (bearer === null) return this.#bySession(credentials);
    if (hasCookie(credentials.cookie)) return { refused: 'ambiguous' };
    return this.#bearer?.user(bearer[1] ?? '');
  }

  async #bySession({ cookie, passive }: Credentials): Promise<Principal | CredentialsRefusal | undefined> {
    const browser = this.#cookies.read(cookie);
    if (browser?.type !== 'session') return undefined;
    const session = await this.#sessions.find(browser);
    return session === undefined ? { refused: 'ended' } : this.#used(session, passive);
  }

  #used(session: Session, passive: boolean): SessionPrincipal {
    if (!passive) this.#sessions.touch(session);
    const { userId, signInId } = session.signIn;
    return { userId, via: 'session', signInId };
  }
}
