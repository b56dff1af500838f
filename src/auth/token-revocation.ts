// TokenRevocation revokes refresh tokens of ended sessions at the provider.
import type { Logger } from '../observability/log.js';
import type { SignInId } from '../store/ports/ids.js';
import type { Provider } from './provider.js';
import { whyOf } from './provider-error.js';

/** The services that a revocation uses. */
export interface TokenRevocationOptions {
  readonly provider: Pick<Provider, 'revoke'>;
  readonly log: Logger;
}

/** The most revocations that may be under way; further tokens are not revoked. The provider's answer timeout bounds each. */
export const MAX_REVOCATIONS = 100;

/** Revokes refresh tokens of ended sessions at the provider (RFC 7009), as a best effort: no caller waits for it. */
export class TokenRevocation {
  readonly #options: TokenRevocationOptions;
  #underWay = 0;

  constructor(options: TokenRevocationOptions) {
    this.#options = options;
  }

  /** Begins to revoke a token. @param refreshToken undefined: the session had none */
  begin(signInId: SignInId | undefined, refreshToken: string | undefined): void {
    if (refreshToken === undefined) return;
    const { provider, log } = this.#options;
    const failed = (why: object) =>
      log.warn({ signInId, ...why }, 'a refresh token was not revoked at the OpenID provider');
    if (this.#underWay >= MAX_REVOCATIONS) return failed({ problem: 'too many are being revoked already' });
    this.#underWay += 1;
    void provider
      .revoke(refreshToken)
      .catch((error: unknown) => failed(whyOf(error)))
      .finally(() => {
        this.#underWay -= 1;
      });
  }
}
