import { type ApiConfig, DEFAULT_TUNNEL_URL } from '../config/types.js';
import { type RestOptions, startRest } from '../http/api/rest.js';
import { urlOf } from '../net/address.js';
import type { Logger } from '../observability/log.js';
import type { Metrics } from '../observability/metrics.js';
import { CallRecorder } from '../server/call-recorder.js';
import { REST_DUTIES, Readiness } from '../server/readiness.js';
import { UnreadBudget } from '../tunnel/forward/unread-budget.js';
import { HttpProxyClient } from '../tunnel/remote/proxy-client.js';
import { ProxyClientStore, ProxyUserSessions } from '../tunnel/remote/proxy-client-store.js';
import { ProxyForwarder } from '../tunnel/remote/proxy-forwarder.js';
import { ProxyPool } from '../tunnel/remote/proxy-pool.js';
import { ProxyWatch } from '../tunnel/remote/proxy-watch.js';
import { createContainer } from './container.js';
import { startOps } from './ops.js';
import { CALLS_DRAIN_MS, type RunningProcess } from './process.js';
import { givenUp } from './remote-proxy.js';
import { signInAt } from './sign-in.js';
import { superviseStore } from './supervised-store.js';
import { TOKENS } from './tokens.js';
import { dialledUrl } from './tunnel-url.js';

/** The way to remote-proxy, which may be down for as long as it likes. */
function openProxy(
  { proxyUrl: url, internalSecret: secret, unreadBytes }: ApiConfig,
  metrics: Metrics,
  log: Logger,
) {
  const pool = new ProxyPool({ url, secret });
  const client = new HttpProxyClient(pool);
  const budget = new UnreadBudget({ bytes: unreadBytes, counts: metrics, log });
  const forwarder = new ProxyForwarder({ pool, budget });
  const watch = new ProxyWatch({
    proxy: client,
    log: log.child({ proxy: url.origin }),
    lost: (detail) => forwarder.lose(detail),
  });
  return {
    forwarder,
    sessions: new ProxyUserSessions(new ProxyClientStore(client)),
    watch,
    close: async () => {
      watch.stop();
      forwarder.close();
      await pool.close();
    },
  };
}

/**
 * `visiona api-server`: the store, then the REST listener. It starts without remote-proxy, and is unready until that is
 * there.
 * @param auth tells who calls; left out: sign-in, as it is configured
 */
export async function startApiServer(
  config: ApiConfig,
  log: Logger,
  auth?: RestOptions['auth'],
): Promise<RunningProcess> {
  const c = createContainer(log, { ...config, sides: ['rest'] });
  const store = await superviseStore(c, config);
  const proxy = openProxy(config, c.resolve(TOKENS.metrics), log);
  const client = c.resolve(TOKENS.store);
  const readiness = new Readiness(REST_DUTIES, async () => {
    const calls = await proxy.watch.unready();
    return { ...client.missing, ...(calls && { 'device-calls': calls }) };
  });
  /** What runs so far, to be stopped if the rest does not start. */
  const stops: (() => Promise<unknown>)[] = [() => store.stop(), () => proxy.close()];
  try {
    const rest = await startRest({
      address: config.apiAddr,
      publicUrl: config.publicUrl,
      trustedProxies: config.trustedProxies,
      userWrites: config.userWrites,
      auth: auth ?? (await signInAt(config.oidc, config, client, c)),
      forwarder: proxy.forwarder,
      store: client,
      sessions: proxy.sessions,
      tunnelUrl: dialledUrl(config, DEFAULT_TUNNEL_URL, log),
      readiness,
      metrics: c.resolve(TOKENS.metrics),
      calls: new CallRecorder(c.resolve(TOKENS.metrics)),
      requests: c.resolve(TOKENS.requests),
      refusals: c.resolve(TOKENS.refusals),
      log,
    });
    stops.push(async () => rest.close());
    proxy.watch.start();
    const ops = await startOps(c, config, readiness);
    return {
      ready: {
        api: urlOf('http', config.apiAddr, rest.port),
        ops: urlOf('http', config.opsAddr, ops.port),
      },
      drain: async () => {
        const cut = await rest.drain(CALLS_DRAIN_MS);
        await proxy.close();
        c.resolve(TOKENS.refusals).close();
        await store.stop();
        ops.close();
        await c.dispose();
        return { cut };
      },
      failed: givenUp(store.exited),
    };
  } catch (error) {
    for (const stop of stops.reverse()) await stop();
    throw error;
  }
}
