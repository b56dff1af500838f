// This file starts a listener with routes of a test's own.
import type { Route } from '../../src/http/route.js';
import { Router, type RouterOptions } from '../../src/http/router.js';
import { WriteAllowance } from '../../src/limits/write-allowance.js';
import { Metrics } from '../../src/observability/metrics.js';
import { BridgedSockets } from '../../src/server/bridged-sockets.js';
import { listen } from '../../src/server/listener.js';
import { REST_DUTIES, Readiness } from '../../src/server/readiness.js';
import { TrustedProxies } from '../../src/server/trusted-proxies.js';
import uWS from '../../src/server/uws.js';
import { silentRequests } from '../support/silent-requests.js';
import { NameTag } from './kit.js';

export const OWN_ORIGIN = 'https://app.test';

/** A listener with routes of a test. @param over what is not as usual */
export async function startRoutes(
  routes: readonly Route[],
  over: Partial<RouterOptions> = {},
): Promise<{ port: number; close(): void }> {
  const app = uWS.App();
  new Router({
    routes,
    readiness: new Readiness(REST_DUTIES, () => Promise.resolve({})),
    shared: {
      log: silentRequests(),
      proxies: new TrustedProxies(),
      writes: new WriteAllowance(10_000, new Metrics()),
    },
    authenticator: new NameTag(),
    ownOrigin: OWN_ORIGIN,
    sockets: new BridgedSockets(),
    ...over,
  }).register(app);
  return listen(app, { host: '127.0.0.1', port: 0 });
}
