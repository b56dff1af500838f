// SigningKeys checks tokens of the provider: their signatures, by the keys that it publishes, and their times.
import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { ANSWER_MS, type ClientOptions, type Discovery, OF_PROVIDER_MS } from './discovery.js';
import { LastKnown } from './last-known.js';
import { ProviderError, providerError, statusError, whyOf } from './provider-error.js';

/** Signature algorithms with a private key, which only the provider has: neither `none` nor shared secrets. */
export const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
  ...['EdDSA', 'Ed25519', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
];

/** How long after a fetch tokens from any client may not cause another fetch of the provider's keys, in ms. */
export const OF_ANYBODY_MS = 10_000;

/** Claims that name a past time, in seconds since 1970 (RFC 7519 §4.1.6, OpenID Connect Core §2). */
const PAST = ['iat', 'auth_time'] as const;

/** Verifies a token by these keys; rejects with a JOSEError if it is not valid. */
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
   * Verifies a token, and once more with newly fetched keys if the known ones do not fit: a provider may change its keys at any
   * time, even under the same key id.
   * @param minAgeMs keys younger than this, in ms, are not fetched again
   * @throws JOSEError as `verify` does; ProviderError if the keys cannot be fetched
   */
  async verify<T>(verify: Verify<T>, minAgeMs: number): Promise<T> {
    const keys = await this.#keys.get();
    try {
      return await verify(keys);
    } catch (error) {
      if (!mayFitOthers(error)) throw error;
      // The provider may publish its keys elsewhere now. If discovery fails, they are fetched from the old address.
      await this.#discovery.refreshed(minAgeMs).catch(() => {});
      const renewed = await this.#keys.refreshed(minAgeMs);
      if (renewed === keys) throw unusable(error);
      return verify(renewed).catch((again: unknown) => {
        throw unusable(again);
      });
    }
  }

  /** Checks the signature of an ID token. @throws ProviderError ERR_PROVIDER_ANSWER if the provider did not sign it */
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

/** The error for keys that cannot be used: an error that is no JOSEError comes from a key that cannot be read. */
function unusable(error: unknown): unknown {
  if (error instanceof errors.JOSEError) return error;
  return new ProviderError('ERR_PROVIDER_ANSWER', 'a key of it is of no use here');
}

/** Fetches the provider's keys. Rejects with a ProviderError. */
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

/**
 * The claim that should be in the past and is in the future, beyond what clocks may differ by; undefined: there is none. `exp`
 * and `nbf` are checked by the libraries.
 * @param toleranceS by how much the clocks may differ, in seconds
 * @param now seconds since 1970
 */
export function claimAhead(
  claims: Readonly<Record<string, unknown>>,
  toleranceS: number,
  now: number = Date.now() / 1000,
): (typeof PAST)[number] | undefined {
  return PAST.find((name) => {
    const time = claims[name];
    return typeof time === 'number' && time > now + toleranceS;
  });
}
