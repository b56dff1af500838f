// This file gets access tokens for programs without a browser: the code behind `visiona token`.
import * as oc from 'openid-client';
import type { OidcConfig, TokenConfig } from '../config/types.js';
import { DEV_AUDIENCE, DEV_CLIENT_ID } from '../config/types.js';
import { discover } from './discovery.js';
import { ProviderError, providerError } from './provider-error.js';

/** The page and the code by which a person lets a program have a token. */
export interface Invitation {
  /** The page to open; its URL contains the code if the provider makes such links. */
  readonly url: string;
  /** The code that the page shows or asks for. */
  readonly userCode: string;
}

/** The tokens that a person grants to a program. */
export interface ProgramTokens {
  readonly accessToken: string;
  /**
   * The refresh token. Undefined: none was asked for, or the provider gives none; after a refresh: the one that was used stays
   * valid.
   */
  readonly refreshToken: string | undefined;
}

/** The longest wait for a person, in ms, whatever the provider says. */
const PERSON_MS = 3_600_000;

/**
 * Gets an access token from a person for a program without a browser (RFC 8628), for our API alone (RFC 8707).
 * @param offline asks for a refresh token too (OpenID Connect Core §11)
 * @param invite is called once, before the wait for the person
 * @throws ProviderError
 */
export async function tokensOfPerson(
  { audience, consent, ...client }: TokenConfig,
  offline: boolean,
  invite: (invitation: Invitation) => Promise<void>,
): Promise<ProgramTokens> {
  const { configuration, metadata } = await discover(client);
  if (metadata.endpoints.device_authorization_endpoint === undefined) {
    throw new ProviderError('ERR_PROVIDER_REFUSED', 'it does not offer the device authorization grant');
  }
  try {
    const parameters = {
      resource: audience,
      scope: offline ? 'openid offline_access' : 'openid',
      ...(offline && consent === 'auto' && { prompt: 'consent' }),
    };
    const device = await oc.initiateDeviceAuthorization(configuration, parameters);
    const { verification_uri_complete, verification_uri, user_code } = device;
    await invite({ url: verification_uri_complete ?? verification_uri, userCode: user_code });
    const signal = AbortSignal.timeout(Math.min(Math.ceil(device.expires_in * 1000), PERSON_MS));
    const resource = { resource: audience };
    return tokensOf(await oc.pollDeviceAuthorizationGrant(configuration, device, resource, { signal }));
  } catch (error) {
    throw providerError(error);
  }
}

/** Gets another access token for our API by a refresh token (RFC 6749 §6), which may be replaced. @throws ProviderError */
export type Refresh = (refreshToken: string) => Promise<ProgramTokens>;

/** Discovers the provider, and returns the function that refreshes tokens there. @throws ProviderError */
export async function refreshAt({ audience, ...client }: TokenConfig): Promise<Refresh> {
  const { configuration } = await discover(client);
  return async (refreshToken) => {
    try {
      return tokensOf(await oc.refreshTokenGrant(configuration, refreshToken, { resource: audience }));
    } catch (error) {
      throw providerError(error);
    }
  };
}

function tokensOf({ access_token, refresh_token }: oc.TokenEndpointResponse): ProgramTokens {
  return { accessToken: access_token, refreshToken: refresh_token };
}

/**
 * The flags with which `visiona token` gets a token for this installation, quoted for a POSIX shell. None of them is secret: a
 * browser sees most of them at each sign-in. Undefined: access tokens are off.
 */
export function tokenFlags({ issuer, clientId, audience }: OidcConfig): string | undefined {
  if (audience === undefined) return undefined;
  const isDevelopment =
    audience === DEV_AUDIENCE && clientId === DEV_CLIENT_ID && issuer.protocol === 'http:';
  const words = isDevelopment
    ? ['--dev-op-addr', issuer.host]
    : ['--oidc-issuer', issuer.href, '--oidc-client-id', clientId, '--oidc-audience', audience];
  return words.map(shellWord).join(' ');
}

function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
