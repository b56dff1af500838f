import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { BearerRefusal, Metrics } from '../observability/metrics.js';
import { TtlCache } from '../store/client/ttl-cache.js';
import type { UserPort } from '../store/ports/sign-ins.js';
import type { BearerPrincipal, CredentialsRefusal } from './authenticator.js';
import { claimAhead } from './claim-times.js';
import { type Identity, identityOf } from './identity.js';
import type { Provider } from './provider.js';
import { ProviderError } from './provider-error.js';
import { ALGORITHMS, OF_ANYBODY_MS } from './signing-keys.js';

export interface BearerOptions {
  readonly provider: Pick<Provider, 'metadata' | 'keys'>;
  readonly store: UserPort;
  readonly metrics: Metrics;
  /** What tokens must be made for. */
  readonly audience: string;
  /** By how much the provider's clock may differ from ours, in seconds. */
  readonly clockToleranceS: number;
}

/** What an access token must say (RFC 9068 §2.2). */
const CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];

/** Longer ones are not looked at, in characters. The head of a request takes longer ones, so that their sender is told. */
export const MAX_TOKEN_LENGTH = 8192;

/** Access tokens of REST clients: JWTs of the same provider (RFC 9068). */
export class BearerTokens {
  readonly #options: BearerOptions;
  /** By token: a hash would cost each call more than all else that is asked about it. */
  readonly #known = new TtlCache(
    (token) => this.#verify(token),
    (user) => user !== undefined && Date.now() >= user.endsAt,
  );

  constructor(options: BearerOptions) {
    this.#options = options;
  }

  /** Whose token it is; undefined: it is not good. Rejects with a ProviderError or StoreError when that cannot be known. */
  async user(token: string): Promise<BearerPrincipal | CredentialsRefusal | undefined> {
    if (token.length <= MAX_TOKEN_LENGTH) return this.#known.get(token);
    this.#refused('too-long');
    return { refused: 'too-long' };
  }

  /** Whose token it is, where that was found just now; undefined: ask. */
  peek(token: string): BearerPrincipal | undefined {
    return this.#known.peek(token);
  }

  async #verify(token: string): Promise<BearerPrincipal | undefined> {
    const { store, clockToleranceS } = this.#options;
    const claims = await this.#claims(token);
    if (typeof claims === 'string') return this.#refused(claims);
    if (!isOfUser(claims)) return this.#refused('no-user');
    const identity = userOf(claims);
    if (claims.exp === undefined || identity === undefined) return this.#refused('claims');
    const { issuer, subject } = identity;
    const userId = (await store.findUser(issuer, subject)) ?? (await store.ensureUser(issuer, subject));
    return { userId, via: 'bearer', endsAt: (claims.exp + clockToleranceS) * 1000 };
  }

  #refused(reason: BearerRefusal): undefined {
    this.#options.metrics.bearerRefused[reason] += 1;
  }

  async #claims(token: string): Promise<JWTPayload | BearerRefusal> {
    const { provider, audience, clockToleranceS } = this.#options;
    const { issuer } = await provider.metadata();
    const asked = {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: ALGORITHMS,
      requiredClaims: CLAIMS,
      clockTolerance: clockToleranceS,
    };
    try {
      const { payload } = await provider.keys.verify((keys) => jwtVerify(token, keys, asked), OF_ANYBODY_MS);
      return claimAhead(payload, clockToleranceS) === undefined ? payload : 'claims';
    } catch (error) {
      if (error instanceof errors.JOSEError) return refusalOf(error);
      throw error;
    }
  }
}

const BY_CLAIM: Readonly<Record<string, BearerRefusal>> = { iss: 'issuer', aud: 'audience' };

/** What is wrong with a token, by jose's error. */
function refusalOf(error: errors.JOSEError): BearerRefusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return BY_CLAIM[error.claim] ?? 'claims';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm';
  const noKey = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
  return noKey ? 'unknown-key' : 'malformed';
}

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
