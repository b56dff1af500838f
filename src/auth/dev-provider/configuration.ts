// This file configures oidc-provider as the development provider.
import type { Configuration, errors } from 'oidc-provider';
import { DEV_CLIENT_ID } from '../../config/types.js';
import type { DevProviderKeys } from './keys.js';

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** The grant by which REST clients get a token from a person, who confirms it in a browser (RFC 8628). */
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

const SCOPES = 'openid profile email offline_access';

/**
 * The configuration of a provider that accepts any name with any password. The account's id is the name, and the user is not
 * asked for consent.
 * @param publicUrl the public URL of the provider's one client
 * @param audience the audience of access tokens, for requests that name it (RFC 8707)
 * @param InvalidTarget the error with which other audiences are refused
 */
export function devProviderConfiguration(
  keys: DevProviderKeys,
  publicUrl: URL,
  audience: string,
  InvalidTarget: typeof errors.InvalidTarget,
): Configuration {
  return {
    clients: [
      {
        client_id: DEV_CLIENT_ID,
        client_name: 'visionA on this machine',
        token_endpoint_auth_method: 'none',
        redirect_uris: [new URL('/api/auth/callback', publicUrl).href],
        post_logout_redirect_uris: [new URL('/', publicUrl).href],
        grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [keys.signing] },
    // Browsers do not separate cookies by port: these cookies reach our listener too, so their names differ from ours.
    cookies: {
      keys: [keys.cookies],
      names: { session: 'devop_session', interaction: 'devop_interaction', resume: 'devop_resume' },
    },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: id,
        email: `${encodeURIComponent(id)}@example.test`,
        email_verified: false,
      }),
    }),
    features: {
      devInteractions: { enabled: true },
      revocation: { enabled: true },
      deviceFlow: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== audience) throw new InvalidTarget();
          return {
            audience,
            scope: '',
            accessTokenFormat: 'jwt',
            accessTokenTTL: HOUR_S,
            jwt: { sign: { alg: 'ES256' } },
          };
        },
        useGrantedResource: () => true,
      },
    },
    ttl: {
      AccessToken: HOUR_S,
      AuthorizationCode: 60,
      IdToken: HOUR_S,
      RefreshToken: DAY_S,
      Interaction: HOUR_S,
      Session: DAY_S,
      DeviceCode: 600,
      Grant: DAY_S,
    },
    loadExistingGrant: async ({ oidc }) => {
      const { provider, client, session } = oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(SCOPES);
      await grant.save();
      return grant;
    },
  };
}
