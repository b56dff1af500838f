// Starts the REST side of a process.
import type { DependencyContainer } from 'tsyringe';
import { createAuth, NO_SIGN_IN } from '../../auth/auth.js';
import type { OidcConfig, RestConfig } from '../../config/types.js';
import { type Rest, type RestOptions, startRest } from '../../http/api/rest.js';
import { isLoopback } from '../../net/address.js';
import type { Logger } from '../../observability/log.js';
import type { Lifecycle } from '../process/lifecycle.js';
import { joinedKeys } from '../process/session-secret.js';
import { T } from './tokens.js';

/**
 * How the REST API tells who calls.
 * @param oidc undefined: nobody can sign in
 * @throws CodedError ERR_SESSION_SECRET, ConfigError: see {@link joinedKeys}
 */
export async function signInAt(
  c: DependencyContainer,
  oidc: OidcConfig | undefined,
  config: RestConfig,
): Promise<RestOptions['auth']> {
  const [log, metrics, store] = [c.resolve(T.log), c.resolve(T.metrics), c.resolve(T.store)];
  if (oidc === undefined) {
    log.warn('nobody can sign in: OIDC_ISSUER and OIDC_CLIENT_ID are not set');
    return () => NO_SIGN_IN;
  }
  const sessionKeys = await joinedKeys(config, store, log);
  const askAtOnce = config.oidc !== undefined;
  return (publicUrl) => createAuth({ oidc, publicUrl, sessionKeys, store, metrics, log, askAtOnce });
}

/** @param tunnelUrl is where the tunnel listens, as far as is known @throws ListenError */
export function startRestSide(
  c: DependencyContainer,
  lifecycle: Lifecycle,
  config: RestConfig,
  auth: RestOptions['auth'],
  tunnelUrl: string,
): Promise<Rest> {
  const log = c.resolve(T.log);
  const start = () =>
    startRest({
      address: config.apiAddr,
      publicUrl: config.publicUrl,
      trustedProxies: config.trustedProxies,
      userWrites: config.userWrites,
      auth,
      forwarder: c.resolve(T.forwarder),
      store: c.resolve(T.store),
      sessions: c.resolve(T.userSessions),
      tunnelUrl: dialledUrl(config, tunnelUrl, log),
      readiness: c.resolve(T.readiness),
      metrics: c.resolve(T.metrics),
      calls: c.resolve(T.calls),
      requests: c.resolve(T.requests),
      refusals: c.resolve(T.refusals),
      log,
    });
  return lifecycle.start('REST API', { start, stop: (rest) => rest.close() });
}

/** What devices are told to dial when they are paired. @param bound where the tunnel listens, as far as is known */
function dialledUrl({ tunnelUrl, publicUrl }: RestConfig, bound: string, log: Logger): URL {
  const url = tunnelUrl ?? new URL(bound);
  if (publicUrl !== undefined && !isLoopback(publicUrl.hostname) && isLoopback(url.hostname)) {
    log.warn(
      { tunnelUrl: url.href },
      'devices that are paired will dial themselves: set VISIONA_TUNNEL_URL to what reaches remote-proxy from outside',
    );
  }
  return url;
}
