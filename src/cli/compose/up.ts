// This file composes `visiona up`, starts it and drains it: both sides in one process, where calls go by message.
import { startDevProvider } from '../../auth/dev-provider/thread.js';
import type { UpConfig } from '../../config/types.js';
import { urlOf } from '../../net/address.js';
import type { Logger } from '../../observability/log.js';
import { UP_DUTIES } from '../../server/readiness.js';
import { starting } from '../process/lifecycle.js';
import { CALLS_DRAIN_MS, givenUp, type RunningProcess } from '../process/run.js';
import { provideCommon, startCommon } from './common.js';
import { createContainer } from './provide.js';
import { provideRestSide, resolveSignIn, startRestSide } from './rest-side.js';
import { T } from './tokens.js';
import { provideTunnelSide, startTunnelSide, takeLease } from './tunnel-side.js';

/** Starts the store, the tunnel side, and the REST side; if no provider is configured, the development provider too. */
export function startUp(config: UpConfig, log: Logger): Promise<RunningProcess> {
  const c = createContainer();
  provideCommon(c, config, log, ['rest', 'tunnels']);
  provideTunnelSide(c, config, UP_DUTIES);
  provideRestSide(c, config);
  return starting(log, async (lifecycle) => {
    const openOps = await startCommon(c, lifecycle);
    const lease = await takeLease(c, lifecycle);
    await startTunnelSide(c, lifecycle);
    const { devProvider } = config;
    const provider =
      devProvider &&
      (await lifecycle.start('development provider', {
        start: () => startDevProvider(devProvider, log),
        stop: (started) => started.stop(),
      }));
    const tunnel = urlOf('ws', config.tunnelAddr, c.resolve(T.tunnels).port);
    await resolveSignIn(c, config, config.oidc ?? provider?.client);
    const rest = await startRestSide(c, lifecycle, config, tunnel);
    await provider?.serve(c.resolve(T.publicUrl));
    const ops = await openOps();
    return {
      ready: {
        api: urlOf('http', config.apiAddr, rest.port),
        tunnel,
        internal: urlOf('http', config.internalAddr, c.resolve(T.internalApi).port),
        ops,
        ...(provider && { provider: provider.client.issuer.origin }),
      },
      drain: async () => {
        // Both sides count the same calls, so one count is enough. No device dials here from now on, so the next process need not
        // wait.
        const [cut] = await Promise.all([
          c.resolve(T.tunnelDrain).drain(CALLS_DRAIN_MS),
          rest.drain(CALLS_DRAIN_MS),
          lease.release(),
        ]);
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
