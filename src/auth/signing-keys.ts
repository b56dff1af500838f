import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { ANSWER_MS, type ClientOptions, type Discovery, OF_PROVIDER_MS } from './discovery.js';
import { LastKnown } from './last-known.js';
import { ProviderError, providerError, statusError, whyOf } from './provider-error.js';

/** Signatures by a key that only the provider has; `none` and shared secrets are not among them. */
export const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
  ...['EdDSA', 'Ed25519', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
];

/** How often tokens that anybody can send may have the provider asked for its keys, in ms. */
export const OF_ANYBODY_MS = 10_000;

/** Says whether a token is good by these keys; rejects with a JOSEError if not. */
type Verify<T> = (keys: JWTVerifyGetKey) => Promise<T>;

/** The keys that the provider signs with. */
export class SigningKeys {
  readonly #discovery: Discovery;
  readonly #keys: LastKnown<JWTVerifyGetKey>;

  constructor(discovery: Discovery, options: ClientOptions) {
    const { log, now, timeoutMs, discoveryRefreshS } = options;
    const issuer = options.issuer.href;
    this.#discovery = discovery;
    this.#keys = new LastKnown({
      ask: () =>
        discovery.at('jwks_uri', ({ metadata }) => fetchKeys(metadata.endpoints.jwks_uri, timeoutMs)),
      maxAgeMs: discoveryRefreshS * 1000,
      failed: (error, retryMs) => {
        log.warn({ issuer, ...whyOf(error), retryMs }, "the OpenID provider's keys cannot be had");
      },
      answersAgain: () => log.info({ issuer }, "the OpenID provider's keys can be had again"),
      now,
    });
  }

  /**
   * Verifies a token; once more with the keys of now, if it does not fit those that are known: a provider may change its
   * keys at any time, even under the same key id.
   * @param minAgeMs keys that are younger are not asked for again, in ms
   * @throws JOSEError as `verify` does; ProviderError when it cannot be known
   */
  async verify<T>(verify: Verify<T>, minAgeMs: number): Promise<T> {
    const keys = await this.#keys.get();
    try {
      return await verify(keys);
    } catch (error) {
      if (!mayFitOthers(error)) throw error;
      // They may be at another place by now. Where that cannot be told, they are where they were.
      await this.#discovery.renewed(minAgeMs).catch(() => {});
      const renewed = await this.#keys.renewed(minAgeMs);
      if (renewed === keys) throw unusable(error);
      return verify(renewed).catch((again: unknown) => {
        throw unusable(again);
      });
    }
  }

  /** @throws ProviderError ERR_PROVIDER_ANSWER if the provider did not sign it */
  async checkIdToken(idToken: string): Promise<void> {
    try {
      const options = { algorithms: ALGORITHMS };
      await this.verify((keys) => compactVerify(idToken, keys, options), OF_PROVIDER_MS);
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      throw new ProviderError('ERR_PROVIDER_ANSWER', `the ID token is not signed by it: ${error.message}`);
    }
  }
}

function mayFitOthers(error: unknown): boolean {
  const { JWKSNoMatchingKey, JWSSignatureVerificationFailed, JOSEError } = errors;
  if (error instanceof JWKSNoMatchingKey || error instanceof JWSSignatureVerificationFailed) return true;
  return !(error instanceof JOSEError);
}

/** What is no JOSEError comes of a key that cannot be read. */
function unusable(error: unknown): unknown {
  if (error instanceof errors.JOSEError) return error;
  return new ProviderError('ERR_PROVIDER_ANSWER', 'a key of it is of no use here');
}

/** Asks once. Rejects with a ProviderError. */
async function fetchKeys(url: string, timeoutMs = ANSWER_MS): Promise<JWTVerifyGetKey> {
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json, application/jwk-set+json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 200) return createLocalJWKSet((await response.json()) as JSONWebKeySet);
    await response.body?.cancel();
    throw statusError(response.status);
  } catch (error) {
    const isNoSet = error instanceof SyntaxError || error instanceof errors.JOSEError;
    throw isNoSet
      ? new ProviderError('ERR_PROVIDER_ANSWER', 'what is at its jwks_uri is no set of keys')
      : providerError(error);
  }
}
