import * as oc from 'openid-client';
import type { TokenConfig } from '../config/types.js';
import { discover } from './discovery.js';
import { ProviderError, providerError } from './provider-error.js';

/** What a person does to let a program have a token. */
export interface Invitation {
  /** The page to open, with the code in it if the provider makes such links. */
  readonly url: string;
  /** What the page shows, or asks for. */
  readonly userCode: string;
}

/** The longest that a person is waited for, in ms, whatever the provider says. */
const PERSON_MS = 3_600_000;

/**
 * Gets an access token of a person for a program without a browser (RFC 8628), for our API alone (RFC 8707).
 * @param invite told once, before the person is waited for
 * @throws ProviderError
 */
export async function accessTokenFor(
  { audience, ...client }: TokenConfig,
  invite: (invitation: Invitation) => Promise<void>,
): Promise<string> {
  const { configuration, metadata } = await discover(client);
  if (metadata.endpoints.device_authorization_endpoint === undefined) {
    throw new ProviderError('ERR_PROVIDER_REFUSED', 'it does not offer the device authorization grant');
  }
  try {
    const asked = { scope: 'openid', resource: audience };
    const device = await oc.initiateDeviceAuthorization(configuration, asked);
    const { verification_uri_complete, verification_uri, user_code } = device;
    await invite({ url: verification_uri_complete ?? verification_uri, userCode: user_code });
    const signal = AbortSignal.timeout(Math.min(Math.ceil(device.expires_in * 1000), PERSON_MS));
    const tokens = await oc.pollDeviceAuthorizationGrant(
      configuration,
      device,
      { resource: audience },
      { signal },
    );
    return tokens.access_token;
  } catch (error) {
    throw providerError(error);
  }
}
