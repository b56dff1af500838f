import { NO_SIGN_IN } from '../auth/auth.js';
import { urlOf } from '../config/address.js';
import type { UpConfig } from '../config/types.js';
import { startRest } from '../http/rest.js';
import type { Logger } from '../observability/log.js';
import { createContainer } from './container.js';
import type { RunningProcess } from './process.js';
import { givenUp, startProxy } from './remote-proxy.js';
import { superviseStore } from './supervised-store.js';
import { TOKENS } from './tokens.js';

/** How long calls may take to finish at a drain; less than the run loop allows for all of it. */
const CALLS_DRAIN_MS = 25_000;

/** `visiona up`: the REST API and the tunnel side in one process; calls go by message, not over the internal API. */
export async function startUp(config: UpConfig, log: Logger): Promise<RunningProcess> {
  const c = createContainer(log);
  const store = await superviseStore(c, config);
  try {
    const proxy = await startProxy(c, config);
    try {
      const rest = await startRest({
        address: config.apiAddr,
        publicUrl: config.publicUrl,
        auth: () => NO_SIGN_IN,
        forwarder: proxy.forwarder,
        store: c.resolve(TOKENS.store),
        sessions: proxy.userSessions,
        tunnelUrl: config.tunnelUrl ?? new URL(urlOf('ws', config.tunnelAddr, proxy.tunnelPort)),
        unready: () => Promise.resolve(proxy.unready()),
        calls: proxy.calls,
        log,
      });
      return {
        ready: {
          api: urlOf('http', config.apiAddr, rest.port),
          tunnel: urlOf('ws', config.tunnelAddr, proxy.tunnelPort),
          internal: urlOf('http', config.internalAddr, proxy.internalPort),
        },
        drain: async () => {
          await Promise.all([rest.drain(CALLS_DRAIN_MS), proxy.drain()]);
          await store.stop();
          await c.dispose();
        },
        failed: givenUp(proxy.exited, store.exited),
      };
    } catch (error) {
      await proxy.stop();
      throw error;
    }
  } catch (error) {
    await store.stop();
    throw error;
  }
}
