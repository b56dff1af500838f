import * as oc from 'openid-client';
import { type ClientOptions, Discovery } from './discovery.js';
import { type Identity, identityOf, type UserKey } from './identity.js';
import { ProviderError, providerError } from './provider-error.js';

export interface ProviderOptions extends ClientOptions {
  readonly scopes: readonly string[];
  /** What browsers see of us; where the provider sends them back to comes from it alone, never from a request. */
  readonly publicUrl: URL;
}

/** What ties an answer of the provider to the browser that was sent there. */
export interface SignInChecks {
  readonly state: string;
  readonly nonce: string;
  /** PKCE (RFC 7636). */
  readonly verifier: string;
}

/** What the provider gave for a code or a refresh token. Times in ms since 1970. */
export interface Tokens {
  /** Absent after a refresh if the provider gave no new one. */
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** When the access token ends; undefined: it did not say. */
  readonly expiresAt: number | undefined;
}

/** The scope that refresh tokens need; the provider gives it with prompt=consent only (OpenID Connect Core §11). */
const OFFLINE = 'offline_access';

/** What an access token may hold (RFC 6749 §A.12): anything else is no header field. */
const VISIBLE = /^[\x20-\x7e]+$/;

/** The OpenID provider, as the authorization-code flow needs it. Every call rejects with a {@link ProviderError}. */
export class Provider {
  readonly redirectUri: string;
  readonly #options: ProviderOptions;
  readonly #discovery: Discovery;

  constructor(options: ProviderOptions) {
    this.#options = options;
    this.#discovery = new Discovery(options);
    this.redirectUri = new URL('/api/auth/callback', options.publicUrl).href;
  }

  /** What the provider says of itself. */
  async metadata(): Promise<oc.ServerMetadata> {
    return (await this.#discovery.configuration()).serverMetadata();
  }

  /** Where to send the browser. */
  async authorizationUrl({ state, nonce, verifier }: SignInChecks): Promise<URL> {
    const { scopes } = this.#options;
    return oc.buildAuthorizationUrl(await this.#discovery.configuration(), {
      redirect_uri: this.redirectUri,
      scope: scopes.join(' '),
      state,
      nonce,
      code_challenge: await oc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(scopes.includes(OFFLINE) && { prompt: 'consent' }),
    });
  }

  /** Trades the code for tokens. @param query what came to the callback, without the question mark */
  async redeem(query: string, { state, nonce, verifier }: SignInChecks): Promise<Tokens & Identity> {
    const configuration = await this.#discovery.configuration();
    const here = new URL(this.redirectUri);
    here.search = query;
    checkIssuer(here.searchParams, configuration.serverMetadata());
    return known(async () => {
      const answer = await oc.authorizationCodeGrant(configuration, here, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = answer.claims() ?? {};
      const identity = identityOf(claims);
      const more = await this.#userInfo(configuration, answer.access_token, identity);
      return { ...tokensOf(answer), ...identityOf({ ...more, ...claims }) };
    });
  }

  /**
   * Trades a refresh token for new tokens.
   * @throws ProviderError ERR_PROVIDER_GRANT also if they are another user's, which openid-client does not look at
   */
  async refresh(refreshToken: string, { issuer, subject }: UserKey): Promise<Tokens> {
    const configuration = await this.#discovery.configuration();
    return known(async () => {
      const answer = await oc.refreshTokenGrant(configuration, refreshToken);
      const claims = answer.claims();
      if (claims !== undefined && (claims.sub !== subject || claims.iss !== issuer)) {
        throw new ProviderError(
          'ERR_PROVIDER_GRANT',
          'it answered a refresh with the tokens of another user',
        );
      }
      return tokensOf(answer);
    });
  }

  /** Takes a refresh token back, where the provider can (RFC 7009). */
  async revoke(refreshToken: string): Promise<void> {
    const configuration = await this.#discovery.configuration();
    if (configuration.serverMetadata().revocation_endpoint === undefined) return;
    const more = { token_type_hint: 'refresh_token' };
    await known(() => oc.tokenRevocation(configuration, refreshToken, more));
  }

  /** Where to send the browser to sign out there too; undefined: it has no such place. */
  async endSessionUrl(idToken: string | undefined): Promise<URL | undefined> {
    const configuration = await this.#discovery.configuration();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
    return oc.buildEndSessionUrl(configuration, {
      post_logout_redirect_uri: new URL('/', this.#options.publicUrl).href,
      ...(idToken !== undefined && { id_token_hint: idToken }),
    });
  }

  /** Name and address, where the ID token does not have them. Not to get them keeps nobody out. */
  async #userInfo(configuration: oc.Configuration, accessToken: string, { subject, name }: Identity) {
    const { log } = this.#options;
    if (!VISIBLE.test(accessToken))
      throw new ProviderError('ERR_PROVIDER_ANSWER', 'no access token is like that');
    if (name !== undefined || configuration.serverMetadata().userinfo_endpoint === undefined) return {};
    try {
      return await known(() => oc.fetchUserInfo(configuration, accessToken, subject));
    } catch (error) {
      const harmless = error instanceof ProviderError && error.code !== 'ERR_PROVIDER_ANSWER';
      if (!harmless) throw error;
      log.warn({ err: error }, "the OpenID provider did not tell a user's name");
      return {};
    }
  }
}

/** The issuer in the answer, where the provider promises one (RFC 9207), before anything is sent there. */
function checkIssuer(query: URLSearchParams, metadata: oc.ServerMetadata): void {
  const given = query.getAll('iss');
  const needed = metadata.authorization_response_iss_parameter_supported === true;
  if (given.length === 0 ? !needed : given.length === 1 && given[0] === metadata.issuer) return;
  throw new ProviderError('ERR_PROVIDER_CALLBACK', 'the answer names no, or another, issuer');
}

function tokensOf(answer: oc.TokenEndpointResponse & oc.TokenEndpointResponseHelpers): Tokens {
  const seconds = answer.expiresIn();
  return {
    idToken: answer.id_token,
    refreshToken: answer.refresh_token,
    expiresAt: seconds === undefined ? undefined : Date.now() + seconds * 1000,
  };
}

/** Turns what a call of the library throws into what it means. */
async function known<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw providerError(error);
  }
}
