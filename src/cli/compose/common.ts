// This file registers the parts of every process with listeners: log, metrics, the store and its process, the operations listener.
import type { DependencyContainer } from 'tsyringe';
import { systemClock } from '../../actors/clock.js';
import { RefusalAudit } from '../../audit/refusal-audit.js';
import type { ListenerConfig, StoreConfig } from '../../config/types.js';
import { urlOf } from '../../net/address.js';
import { expose, type Side } from '../../observability/exposition.js';
import type { Logger } from '../../observability/log.js';
import { Metrics } from '../../observability/metrics.js';
import { StoreRecorder } from '../../observability/store-recorder.js';
import { OpsListener } from '../../ops/ops-listener.js';
import { CallRecorder } from '../../server/call-recorder.js';
import { RequestLog } from '../../server/request-log.js';
import { TrustedProxies } from '../../server/trusted-proxies.js';
import { StoreClient } from '../../store/client/store-client.js';
import { locationOf } from '../../store/location.js';
import { UnreadBudget } from '../../tunnel/forward/unread-budget.js';
import type { Lifecycle } from '../process/lifecycle.js';
import { DRAIN_MS } from '../process/run.js';
import { SupervisedStore } from '../process/supervised-store.js';
import { provide, provideBy } from './provide.js';
import { T } from './tokens.js';

/** Registers the parts that remote-proxy and the REST side share. @param sides the sides whose metrics are exposed */
export function provideCommon(
  c: DependencyContainer,
  config: ListenerConfig,
  log: Logger,
  sides: readonly Side[],
): void {
  provideStore(c, config, log);
  c.registerInstance(T.accessLog, config.accessLog);
  c.registerInstance(T.opsAddr, config.opsAddr);
  c.registerInstance(T.unreadBytes, config.unreadBytes);
  provideBy(c, T.trustedProxies, () => new TrustedProxies(config.trustedProxies), []);
  provideBy(c, T.exposition, (metrics: Metrics) => expose(metrics, sides), [T.metrics]);
  provide(c, T.refusalAudit, RefusalAudit, [{ store: T.store, log: T.log }]);
  c.register(T.refusals, { useToken: T.refusalAudit });
  provide(c, T.requests, RequestLog, [
    { log: T.log, metrics: T.metrics, refusals: T.refusals, access: T.accessLog },
  ]);
  provide(c, T.calls, CallRecorder, [T.metrics]);
  provide(c, T.unreadBudget, UnreadBudget, [{ bytes: T.unreadBytes, counts: T.metrics, log: T.log }]);
  provide(c, T.ops, OpsListener, [
    { address: T.opsAddr, readiness: T.readiness, exposition: T.exposition, requests: T.requests },
  ]);
}

/** Registers the store, its client, and the parts that they need. */
export function provideStore(c: DependencyContainer, config: StoreConfig, log: Logger): void {
  c.registerInstance(T.log, log);
  c.registerInstance(T.clock, systemClock);
  c.registerInstance(T.storeLocation, locationOf(config));
  provide(c, T.metrics, Metrics, []);
  provide(c, T.storeRecorder, StoreRecorder, [T.metrics]);
  provide(c, T.store, StoreClient, [T.clock, T.storeRecorder]);
  provide(c, T.supervisedStore, SupervisedStore, [T.store, T.storeLocation, T.log]);
}

/**
 * Starts the store, as the first part to start. The operations listener is recorded before the store, so that it is stopped last.
 * @returns opens the operations listener, and gives its URL. It is called last, so that a process whose operations listener answers
 * has all its other listeners
 * @throws StoreError
 */
export async function startCommon(
  c: DependencyContainer,
  lifecycle: Lifecycle,
): Promise<() => Promise<string>> {
  const [ops, address, store] = [c.resolve(T.ops), c.resolve(T.opsAddr), c.resolve(T.supervisedStore)];
  const audit = c.resolve(T.refusalAudit);
  lifecycle.onStop('operations listener', () => ops.close());
  await lifecycle.start('store', {
    start: () => store.start(),
    stop: () => store.stop(),
    // Writes under way may take as long as a whole drain.
    deadlineMs: DRAIN_MS,
  });
  lifecycle.onStop('refusal audit', () => audit.close());
  return async () => {
    await ops.start();
    return urlOf('http', address, ops.port);
  };
}
