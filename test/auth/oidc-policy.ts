// OIDC_POLICY says how a provider is dealt with where nothing is set.
import type { OidcPolicy } from '../../src/config/types.js';

/** How a provider is dealt with where nothing is set. */
export const OIDC_POLICY: OidcPolicy = {
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  consent: 'auto',
  clockToleranceS: 30,
  discoveryRefreshS: 600,
};
