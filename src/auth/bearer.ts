import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { Believed } from '../store/believed.js';
import type { UserPort } from '../store/ports.js';
import type { BearerPrincipal } from './authenticator.js';
import { ANSWER_MS, CLOCK_TOLERANCE_S } from './discovery.js';
import { type Identity, identityOf } from './identity.js';
import type { Provider } from './provider.js';
import { ProviderError, unreachable } from './provider-error.js';

export interface BearerOptions {
  readonly provider: Pick<Provider, 'metadata'>;
  readonly store: UserPort;
  /** What tokens must be made for. */
  readonly audience: string;
}

/** Signatures by a key that only the provider has; `none` and shared secrets are not among them. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** What an access token must say (RFC 9068 §2.2). */
const CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];

/** Longer ones are none, in characters. */
const MAX_LENGTH = 8192;

/** Access tokens of REST clients: JWTs of the same provider (RFC 9068). */
export class BearerTokens {
  readonly #options: BearerOptions;
  /** By token: a hash would cost each call more than all else that is asked about it. */
  readonly #known = new Believed((token) => this.#verify(token));
  #keys: JWTVerifyGetKey | undefined;

  constructor(options: BearerOptions) {
    this.#options = options;
  }

  /** Whose token it is; undefined: it is not good. Rejects with a ProviderError or StoreError when that cannot be known. */
  user(token: string): Promise<BearerPrincipal | undefined> {
    if (token.length > MAX_LENGTH) return Promise.resolve(undefined);
    return this.#known.get(token);
  }

  /** Whose token it is, where that was found just now; undefined: ask. */
  recall(token: string): BearerPrincipal | undefined {
    return this.#known.recall(token);
  }

  async #verify(token: string): Promise<BearerPrincipal | undefined> {
    const { store } = this.#options;
    const claims = await this.#claims(token);
    const identity = claims && isOfUser(claims) ? userOf(claims) : undefined;
    if (claims?.exp === undefined || identity === undefined) return undefined;
    const { issuer, subject } = identity;
    const userId = (await store.findUser(issuer, subject)) ?? (await store.ensureUser(issuer, subject));
    return { userId, via: 'bearer', endsAt: (claims.exp + CLOCK_TOLERANCE_S) * 1000 };
  }

  async #claims(token: string): Promise<JWTPayload | undefined> {
    const { provider, audience } = this.#options;
    const { issuer, jwks_uri } = await provider.metadata();
    if (jwks_uri === undefined) throw new ProviderError('ERR_PROVIDER_ANSWER', 'it names no keys (jwks_uri)');
    this.#keys ??= remoteKeys(new URL(jwks_uri));
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        typ: 'at+jwt',
        algorithms: ALGORITHMS,
        requiredClaims: CLAIMS,
        clockTolerance: CLOCK_TOLERANCE_S,
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}

/** The provider's keys; asked for again, at most every 30 s, when a token names one that is not among them. */
function remoteKeys(url: URL): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, { timeoutDuration: ANSWER_MS });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (NO_SUCH_KEY.some((kind) => error instanceof kind)) throw error;
      throw unreachable('its keys cannot be had');
    }
  };
}

/** What is wrong with the token, and not with the way to the keys. */
const NO_SUCH_KEY = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/**
 * A token that a client got for itself is no user's (RFC 9068 §2.2: its `sub` is the client), and one that is bound to a
 * key of its sender is not good alone (RFC 9449, RFC 8705).
 */
function isOfUser({ sub, client_id, cnf }: JWTPayload): boolean {
  return sub !== client_id && cnf === undefined;
}

/** Undefined: its `sub` is no key of a user. */
function userOf(claims: JWTPayload): Identity | undefined {
  try {
    return identityOf(claims);
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
}
