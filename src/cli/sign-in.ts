import { createAuth, NO_SIGN_IN } from '../auth/auth.js';
import type { OidcConfig, RestConfig } from '../config/types.js';
import type { RestOptions } from '../http/rest.js';
import type { Logger } from '../observability/log.js';
import type { StoreClient } from '../store/store-client.js';

/** How the REST API tells who calls. @param oidc undefined: nobody can sign in */
export function signInAt(
  oidc: OidcConfig | undefined,
  { oidc: external, sessionSecrets }: RestConfig,
  store: StoreClient,
  log: Logger,
): RestOptions['auth'] {
  if (oidc !== undefined)
    return (publicUrl) =>
      createAuth({ oidc, publicUrl, sessionSecrets, store, log, askAtOnce: external !== undefined });
  log.warn('nobody can sign in: OIDC_ISSUER and OIDC_CLIENT_ID are not set');
  return () => NO_SIGN_IN;
}
