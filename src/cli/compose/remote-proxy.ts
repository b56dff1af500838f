// This file composes `visiona remote-proxy`, starts it and drains it.
import type { ProxyConfig } from '../../config/types.js';
import { urlOf } from '../../net/address.js';
import type { Logger } from '../../observability/log.js';
import { TUNNEL_DUTIES } from '../../server/readiness.js';
import { starting } from '../process/lifecycle.js';
import { CALLS_DRAIN_MS, givenUp, type RunningProcess } from '../process/run.js';
import { provideCommon, startCommon } from './common.js';
import { createContainer } from './provide.js';
import { T } from './tokens.js';
import { provideTunnelSide, startTunnelSide, takeLease } from './tunnel-side.js';

/** Starts the store, then the sessions and their listeners. */
export function startRemoteProxy(config: ProxyConfig, log: Logger): Promise<RunningProcess> {
  const c = createContainer();
  provideCommon(c, config, log, ['tunnels']);
  provideTunnelSide(c, config, TUNNEL_DUTIES);
  return starting(log, async (lifecycle) => {
    const openOps = await startCommon(c, lifecycle);
    const lease = await takeLease(c, lifecycle);
    await startTunnelSide(c, lifecycle);
    const ops = await openOps();
    return {
      ready: {
        tunnel: urlOf('ws', config.tunnelAddr, c.resolve(T.tunnels).port),
        internal: urlOf('http', config.internalAddr, c.resolve(T.internalApi).port),
        ops,
      },
      drain: async () => {
        // The lease is released at once: no device dials here from now on, so the next process need not wait for the calls under
        // way.
        const [cut] = await Promise.all([c.resolve(T.tunnelDrain).drain(CALLS_DRAIN_MS), lease.release()]);
        await lifecycle.stop();
        return { cut };
      },
      failed: Promise.race([
        givenUp(c.resolve(T.sessionPlane).exited, c.resolve(T.supervisedStore).exited),
        lease.lost,
      ]),
    };
  });
}
