import type { DependencyContainer } from 'tsyringe';
import { createAuth, NO_SIGN_IN } from '../auth/auth.js';
import type { OidcConfig, RestConfig } from '../config/types.js';
import type { RestOptions } from '../http/api/rest.js';
import type { StoreClient } from '../store/client/store-client.js';
import { joinedKeys } from './session-secret.js';
import { TOKENS } from './tokens.js';

/**
 * How the REST API tells who calls.
 * @param oidc undefined: nobody can sign in
 * @throws CliError ERR_SESSION_SECRET, ConfigError: see {@link joinedKeys}
 */
export async function signInAt(
  oidc: OidcConfig | undefined,
  config: RestConfig,
  store: StoreClient,
  c: DependencyContainer,
): Promise<RestOptions['auth']> {
  const [log, metrics] = [c.resolve(TOKENS.log), c.resolve(TOKENS.metrics)];
  if (oidc === undefined) {
    log.warn('nobody can sign in: OIDC_ISSUER and OIDC_CLIENT_ID are not set');
    return () => NO_SIGN_IN;
  }
  const sessionKeys = await joinedKeys(config, store, log);
  const askAtOnce = config.oidc !== undefined;
  return (publicUrl) => createAuth({ oidc, publicUrl, sessionKeys, store, metrics, log, askAtOnce });
}
