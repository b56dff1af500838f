// Provider is the OpenID provider as the authorization-code flow uses it.
import * as oc from 'openid-client';
import type { OidcConfig } from '../config/types.js';
import { type ClientOptions, Discovery } from './discovery.js';
import { type Identity, identityOf, type UserKey } from './identity.js';
import { clockError, ProviderError, providerError, whyOf } from './provider-error.js';
import type { Endpoints, ProviderMetadata } from './provider-metadata.js';
import { type OnRotated, RotationWatch } from './rotation.js';
import { claimAhead, SigningKeys } from './signing-keys.js';

/** The client, and how the provider sends its users back. */
export interface ProviderOptions extends ClientOptions, Pick<OidcConfig, 'scopes' | 'consent'> {
  /**
   * The public URL of the product. The address that the provider sends browsers back to comes from it alone, never from a
   * request.
   */
  readonly publicUrl: URL;
}

/** The values that tie an answer of the provider to the browser that was sent there. */
export interface SignInChecks {
  readonly state: string;
  readonly nonce: string;
  /** The code verifier of PKCE (RFC 7636). */
  readonly verifier: string;
}

/** The tokens that the provider gave for a code or a refresh token. */
export interface Tokens {
  /** Absent after a refresh if the provider gave no new ID token. */
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** When the access token expires, in ms since 1970; undefined: the provider did not say. */
  readonly expiresAt: number | undefined;
}

/** The scope that refresh tokens need; most providers grant it only with prompt=consent (OpenID Connect Core §11). */
const OFFLINE = 'offline_access';

/** The longest lifetime of an access token that is accepted, in seconds: some providers say 1e308 for ever. */
const MAX_LIFE_S = 365 * 24 * 3600;

/** The longest ID token that is sent as a hint at sign-out, in characters: proxies and providers refuse longer URLs. */
const MAX_HINT = 2048;

/** The characters of an access token (RFC 6749 §A.12); a header may hold no others. */
const VISIBLE = /^[\x20-\x7e]+$/;

/** The OpenID provider. Every call rejects with a {@link ProviderError}. */
export class Provider {
  readonly redirectUri: string;
  /** The keys that the provider signs with. */
  readonly keys: SigningKeys;
  readonly #options: ProviderOptions;
  readonly #discovery: Discovery;
  readonly #rotations = new RotationWatch();

  constructor(options: ProviderOptions) {
    this.#options = options;
    this.#discovery = new Discovery(options);
    this.keys = new SigningKeys(this.#discovery, options);
    this.redirectUri = new URL('/api/auth/callback', options.publicUrl).href;
  }

  /** The provider's discovery document. */
  async metadata(): Promise<ProviderMetadata> {
    return (await this.#discovery.get()).metadata;
  }

  /** The URL at the provider to which a sign-in sends the browser. */
  async authorizationUrl({ state, nonce, verifier }: SignInChecks): Promise<URL> {
    const { scopes, consent } = this.#options;
    const { configuration } = await this.#discovery.get();
    return oc.buildAuthorizationUrl(configuration, {
      redirect_uri: this.redirectUri,
      scope: scopes.join(' '),
      state,
      nonce,
      code_challenge: await oc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(consent === 'auto' && scopes.includes(OFFLINE) && { prompt: 'consent' }),
    });
  }

  /** Exchanges the code for tokens. @param query the query of the callback, without the question mark */
  async redeem(query: string, { state, nonce, verifier }: SignInChecks): Promise<Tokens & Identity> {
    const here = new URL(this.redirectUri);
    here.search = query;
    checkIssuer(here.searchParams, await this.metadata());
    const answer = await this.#at('token_endpoint', (configuration) =>
      oc.authorizationCodeGrant(configuration, here, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      }),
    );
    const claims = await this.#claimsOf(answer);
    const identity = identityOf(claims);
    const more = await this.#userInfo(answer.access_token, identity);
    return { ...tokensOf(answer), ...identityOf({ ...more, ...claims }) };
  }

  /**
   * Exchanges a refresh token for new tokens.
   * @param rotated is called with the refresh token that is valid from then on, before this resolves or rejects, even if the rest
   * of the answer is not valid
   * @throws ProviderError ERR_PROVIDER_GRANT also if the tokens are another user's, which openid-client does not check
   */
  async refresh(refreshToken: string, user: UserKey, rotated: OnRotated = () => {}): Promise<Tokens> {
    const answer = await this.#at('token_endpoint', (configuration) => {
      configuration[oc.customFetch] = this.#rotations.fetch;
      return this.#rotations.during(refreshToken, { user, rotated }, () =>
        oc.refreshTokenGrant(configuration, refreshToken),
      );
    });
    if (answer.id_token !== undefined) {
      const claims = await this.#claimsOf(answer);
      if (claims.sub !== user.subject || claims.iss !== user.issuer) {
        throw new ProviderError(
          'ERR_PROVIDER_GRANT',
          'it answered a refresh with the tokens of another user',
        );
      }
    }
    return tokensOf(answer);
  }

  /** Revokes a refresh token, if the provider has an endpoint for it (RFC 7009). */
  async revoke(refreshToken: string): Promise<void> {
    const { endpoints } = await this.metadata();
    if (endpoints.revocation_endpoint === undefined) return;
    const more = { token_type_hint: 'refresh_token' };
    await this.#at('revocation_endpoint', (configuration) =>
      oc.tokenRevocation(configuration, refreshToken, more),
    );
  }

  /** The URL to which to send the browser to sign out at the provider too; undefined: the provider has no such page. */
  async endSessionUrl(idToken: string | undefined): Promise<URL | undefined> {
    const { configuration, metadata } = await this.#discovery.get();
    if (metadata.endpoints.end_session_endpoint === undefined) return undefined;
    return oc.buildEndSessionUrl(configuration, {
      post_logout_redirect_uri: new URL('/', this.#options.publicUrl).href,
      ...(idToken !== undefined && idToken.length <= MAX_HINT && { id_token_hint: idToken }),
    });
  }

  /** The claims of the ID token, after its signature and its times were checked. */
  async #claimsOf(answer: TokenAnswer): Promise<Readonly<Record<string, unknown>>> {
    // openid-client checks neither the signature nor these times: it trusts the connection instead.
    await this.keys.checkIdToken(answer.id_token ?? '');
    const claims = { ...answer.claims() };
    const ahead = claimAhead(claims, this.#options.clockToleranceS);
    if (ahead === undefined) return claims;
    throw clockError(`the ID token's "${ahead}" is in the future`);
  }

  /**
   * The user's name and e-mail address, asked for if the ID token has none. A failure here does not stop the sign-in, but another
   * user's data does.
   */
  async #userInfo(accessToken: string, { subject, name }: Identity) {
    if (!VISIBLE.test(accessToken))
      throw new ProviderError('ERR_PROVIDER_ANSWER', 'no access token is like that');
    const { endpoints } = await this.metadata();
    if (name !== undefined || endpoints.userinfo_endpoint === undefined) return {};
    const info = await this.#at('userinfo_endpoint', (configuration) =>
      oc.fetchUserInfo(configuration, accessToken, oc.skipSubjectCheck),
    ).catch((error: unknown) => {
      this.#options.log.warn(whyOf(error), "the OpenID provider did not tell a user's name");
      return undefined;
    });
    if (info === undefined || info.sub === subject) return { ...info };
    throw new ProviderError('ERR_PROVIDER_ANSWER', 'its userinfo is of another user');
  }

  /** Runs a call of openid-client to an endpoint, at the address that the provider names now. */
  #at<T>(endpoint: keyof Endpoints, call: (configuration: oc.Configuration) => Promise<T>): Promise<T> {
    return this.#discovery.at(endpoint, ({ configuration }) => known(() => call(configuration)));
  }
}

type TokenAnswer = oc.TokenEndpointResponse & oc.TokenEndpointResponseHelpers;

/** Checks the issuer in the answer, if the provider promises one (RFC 9207), before the code is sent to that issuer. */
function checkIssuer(query: URLSearchParams, { issuer, namesItself }: ProviderMetadata): void {
  const issuers = query.getAll('iss');
  if (issuers.length === 0 ? !namesItself : issuers.length === 1 && issuers[0] === issuer) return;
  throw new ProviderError('ERR_PROVIDER_CALLBACK', 'the answer names no, or another, issuer');
}

function tokensOf(answer: TokenAnswer): Tokens {
  const seconds = answer.expiresIn();
  return {
    idToken: answer.id_token,
    refreshToken: answer.refresh_token,
    expiresAt: seconds === undefined ? undefined : Date.now() + Math.min(seconds, MAX_LIFE_S) * 1000,
  };
}

/** Runs a call of openid-client and throws its errors as ProviderErrors. */
async function known<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw providerError(error);
  }
}
