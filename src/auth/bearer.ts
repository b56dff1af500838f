// BearerTokens verifies the access tokens of REST clients.
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { BearerRefusal, Metrics } from '../observability/metrics.js';
import { TtlCache } from '../store/client/ttl-cache.js';
import type { UserPort } from '../store/ports/sign-ins.js';
import type { BearerPrincipal, CredentialsRefusal } from './authenticator.js';
import { type Identity, identityOf } from './identity.js';
import type { Provider } from './provider.js';
import { ProviderError } from './provider-error.js';
import { ALGORITHMS, claimAhead, OF_ANYBODY_MS } from './signing-keys.js';

/** The tokens that {@link BearerTokens} accepts, and the services that it uses. */
export interface BearerOptions {
  readonly provider: Pick<Provider, 'metadata' | 'keys'>;
  readonly store: UserPort;
  readonly metrics: Metrics;
  /** The audience that tokens must be made for. */
  readonly audience: string;
  /** By how much the provider's clock may differ from ours, in seconds. */
  readonly clockToleranceS: number;
}

/** Claims that an access token must have (RFC 9068 §2.2). */
const CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];

/**
 * The longest token that is verified, in characters. The head of a request may hold a longer one, which is refused with an
 * answer.
 */
export const MAX_TOKEN_LENGTH = 8192;

/** Accepts access tokens of REST clients: JWTs of the same provider (RFC 9068). */
export class BearerTokens {
  readonly #options: BearerOptions;
  /** The users by their tokens. The key is the token itself: hashing it would cost each call more than all its other checks. */
  readonly #known = new TtlCache(
    (token) => this.#verify(token),
    (user) => user !== undefined && Date.now() >= user.endsAt,
  );

  constructor(options: BearerOptions) {
    this.#options = options;
  }

  /**
   * The user of a token; undefined: the token is not valid. Rejects with a ProviderError or StoreError if the user cannot be
   * found out.
   */
  async user(token: string): Promise<BearerPrincipal | CredentialsRefusal | undefined> {
    if (token.length <= MAX_TOKEN_LENGTH) return this.#known.get(token);
    this.#refused('too-long');
    return { refused: 'too-long' };
  }

  /** The user of a token that was verified just now; undefined: call {@link user}. */
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
    const options = {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: ALGORITHMS,
      requiredClaims: CLAIMS,
      clockTolerance: clockToleranceS,
    };
    try {
      const { payload } = await provider.keys.verify(
        (keys) => jwtVerify(token, keys, options),
        OF_ANYBODY_MS,
      );
      return claimAhead(payload, clockToleranceS) === undefined ? payload : 'claims';
    } catch (error) {
      if (error instanceof errors.JOSEError) return refusalOf(error);
      throw error;
    }
  }
}

const BY_CLAIM: Readonly<Record<string, BearerRefusal>> = { iss: 'issuer', aud: 'audience' };

/** The reason for which jose refused a token. */
function refusalOf(error: errors.JOSEError): BearerRefusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return BY_CLAIM[error.claim] ?? 'claims';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm';
  const noKey = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
  return noKey ? 'unknown-key' : 'malformed';
}

/**
 * Whether a token is a user's, and usable by its sender alone. A token that a client got for itself has the client as `sub` (RFC
 * 9068 §2.2); one with `cnf` is bound to a key of its sender (RFC 9449, RFC 8705); neither is accepted.
 */
function isOfUser({ sub, client_id, cnf }: JWTPayload): boolean {
  return sub !== client_id && cnf === undefined;
}

/** The user of a token. Undefined: its issuer and subject are not a user's key. */
function userOf(claims: JWTPayload): Identity | undefined {
  try {
    return identityOf(claims);
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
}
