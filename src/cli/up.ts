import { startDevProvider } from '../auth/dev-provider/thread.js';
import type { UpConfig } from '../config/types.js';
import { startRest } from '../http/api/rest.js';
import { urlOf } from '../net/address.js';
import type { Logger } from '../observability/log.js';
import { UP_DUTIES } from '../server/readiness.js';
import { createContainer } from './container.js';
import { startOps } from './ops.js';
import { CALLS_DRAIN_MS, type RunningProcess } from './process.js';
import { givenUp, startProxy, takeLease } from './remote-proxy.js';
import { signInAt } from './sign-in.js';
import { superviseStore } from './supervised-store.js';
import { TOKENS } from './tokens.js';
import { dialledUrl } from './tunnel-url.js';

/** `visiona up`: the REST API and the tunnel side in one process; calls go by message, not over the internal API. */
export async function startUp(config: UpConfig, log: Logger): Promise<RunningProcess> {
  const c = createContainer(log, { ...config, sides: ['rest', 'tunnels'] });
  const client = c.resolve(TOKENS.store);
  /** What runs so far, to be stopped if the rest does not start. */
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const store = await superviseStore(c, config);
    stops.push(() => store.stop());
    const lease = await takeLease(c);
    stops.push(() => lease.release());
    const proxy = await startProxy(c, config, UP_DUTIES);
    stops.push(() => proxy.stop());
    const provider = config.devProvider && (await startDevProvider(config.devProvider, log));
    stops.push(async () => provider?.stop());
    const rest = await startRest({
      address: config.apiAddr,
      publicUrl: config.publicUrl,
      trustedProxies: config.trustedProxies,
      userWrites: config.userWrites,
      auth: await signInAt(config.oidc ?? provider?.client, config, client, c),
      forwarder: proxy.forwarder,
      store: client,
      sessions: proxy.userSessions,
      tunnelUrl: dialledUrl(config, urlOf('ws', config.tunnelAddr, proxy.tunnelPort), log),
      readiness: proxy.readiness,
      metrics: c.resolve(TOKENS.metrics),
      calls: proxy.calls,
      requests: c.resolve(TOKENS.requests),
      refusals: c.resolve(TOKENS.refusals),
      log,
    });
    stops.push(async () => rest.close());
    await provider?.serve(rest.publicUrl);
    const ops = await startOps(c, config, proxy.readiness);
    return {
      ready: {
        api: urlOf('http', config.apiAddr, rest.port),
        tunnel: urlOf('ws', config.tunnelAddr, proxy.tunnelPort),
        internal: urlOf('http', config.internalAddr, proxy.internalPort),
        ops: urlOf('http', config.opsAddr, ops.port),
        ...(provider && { provider: provider.client.issuer.origin }),
      },
      drain: async () => {
        // Both count the same calls.
        const [cut] = await Promise.all([
          proxy.drain(CALLS_DRAIN_MS),
          rest.drain(CALLS_DRAIN_MS),
          lease.release(),
        ]);
        await provider?.stop();
        c.resolve(TOKENS.refusals).close();
        await store.stop();
        ops.close();
        await c.dispose();
        return { cut };
      },
      failed: Promise.race([givenUp(proxy.exited, store.exited), lease.lost]),
    };
  } catch (error) {
    for (const stop of stops.reverse()) await stop();
    throw error;
  }
}
