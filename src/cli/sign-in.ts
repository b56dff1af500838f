import type { DependencyContainer } from 'tsyringe';
import { createAuth, NO_SIGN_IN } from '../auth/auth.js';
import type { OidcConfig, RestConfig } from '../config/types.js';
import type { RestOptions } from '../http/rest.js';
import type { StoreClient } from '../store/store-client.js';
import { TOKENS } from './tokens.js';

/** How the REST API tells who calls. @param oidc undefined: nobody can sign in */
export function signInAt(
  oidc: OidcConfig | undefined,
  { oidc: external, sessionSecrets }: RestConfig,
  store: StoreClient,
  c: DependencyContainer,
): RestOptions['auth'] {
  const [log, metrics] = [c.resolve(TOKENS.log), c.resolve(TOKENS.metrics)];
  if (oidc !== undefined)
    return (publicUrl) =>
      createAuth({ oidc, publicUrl, sessionSecrets, store, metrics, log, askAtOnce: external !== undefined });
  log.warn('nobody can sign in: OIDC_ISSUER and OIDC_CLIENT_ID are not set');
  return () => NO_SIGN_IN;
}
