// This file composes `visiona api-server`, starts it and drains it.
import type { DependencyContainer } from 'tsyringe';
import type { Authenticator } from '../../auth/authenticator.js';
import { type ApiConfig, DEFAULT_TUNNEL_URL } from '../../config/types.js';
import { urlOf } from '../../net/address.js';
import type { Logger } from '../../observability/log.js';
import { REST_DUTIES, Readiness } from '../../server/readiness.js';
import type { StoreClient } from '../../store/client/store-client.js';
import type { HttpProxyClient } from '../../tunnel/remote/proxy-client.js';
import { ProxyUserSessions } from '../../tunnel/remote/proxy-client-store.js';
import { ProxyForwarder } from '../../tunnel/remote/proxy-forwarder.js';
import { ProxyWatch } from '../../tunnel/remote/proxy-watch.js';
import { type Lifecycle, starting } from '../process/lifecycle.js';
import { CALLS_DRAIN_MS, givenUp, type RunningProcess } from '../process/run.js';
import { provideCommon, startCommon } from './common.js';
import { createContainer, provide, provideBy } from './provide.js';
import { provideProxyClient } from './proxy-client.js';
import { provideRestSide, resolveSignIn, startRestSide } from './rest-side.js';
import { provideNoSignIn } from './sign-in.js';
import { T } from './tokens.js';

/** Registers the client of remote-proxy, which may be down for any time. */
function provideProxy(c: DependencyContainer, { proxyUrl, internalSecret }: ApiConfig): void {
  provideProxyClient(c, { url: proxyUrl, secret: internalSecret });
  provide(c, T.userSessions, ProxyUserSessions, [T.proxyClientStore]);
  provide(c, T.proxyForwarder, ProxyForwarder, [{ pool: T.proxyPool, budget: T.unreadBudget }]);
  c.register(T.forwarder, { useToken: T.proxyForwarder });
  const watch = (proxy: HttpProxyClient, forwarder: ProxyForwarder, log: Logger) =>
    new ProxyWatch({
      proxy,
      log: log.child({ proxy: proxyUrl.origin }),
      lost: (detail) => forwarder.connectionLost(detail),
    });
  provideBy(c, T.proxyWatch, watch, [T.proxyClient, T.proxyForwarder, T.log]);
  const readiness = (store: StoreClient, proxy: ProxyWatch) =>
    new Readiness(REST_DUTIES, async () => {
      const calls = await proxy.unready();
      return { ...store.missing, ...(calls && { 'device-calls': calls }) };
    });
  provideBy(c, T.readiness, readiness, [T.store, T.proxyWatch]);
}

/** Records the connections to remote-proxy, so that a stop closes them. The calls that need connections open them. */
function openProxy(c: DependencyContainer, lifecycle: Lifecycle): void {
  const [pool, forwarder] = [c.resolve(T.proxyPool), c.resolve(T.proxyForwarder)];
  lifecycle.onStop('connections to remote-proxy', async () => {
    forwarder.close();
    await pool.close();
  });
}

/**
 * Starts the store, then the REST listener. The process starts without remote-proxy, and is unready until remote-proxy answers.
 * @param authenticator finds the user of a request; default: sign-in, as configured
 */
export function startApiServer(
  config: ApiConfig,
  log: Logger,
  authenticator?: Authenticator,
): Promise<RunningProcess> {
  const c = createContainer();
  provideCommon(c, config, log, ['rest']);
  provideProxy(c, config);
  provideRestSide(c, config);
  return starting(log, async (lifecycle) => {
    const openOps = await startCommon(c, lifecycle);
    openProxy(c, lifecycle);
    if (authenticator === undefined) await resolveSignIn(c, config, config.oidc);
    else {
      provideNoSignIn(c);
      c.registerInstance(T.authenticator, authenticator);
    }
    const rest = await startRestSide(c, lifecycle, config, DEFAULT_TUNNEL_URL);
    const watch = c.resolve(T.proxyWatch);
    await lifecycle.start('watch over remote-proxy', {
      start: () => watch.start(),
      stop: () => watch.stop(),
    });
    const ops = await openOps();
    return {
      ready: {
        api: urlOf('http', config.apiAddr, rest.port),
        ops,
      },
      drain: async () => {
        const cut = await rest.drain(CALLS_DRAIN_MS);
        await lifecycle.stop();
        return { cut };
      },
      failed: givenUp(c.resolve(T.supervisedStore).exited),
    };
  });
}
