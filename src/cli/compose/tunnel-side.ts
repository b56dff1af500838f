// This file registers and starts the tunnel side of a process: sessions, the internal API, and the listener that devices dial.
import { hostname } from 'node:os';
import type { DependencyContainer } from 'tsyringe';
import type { ProxyConfig } from '../../config/types.js';
import type { Metrics } from '../../observability/metrics.js';
import { BridgedSockets } from '../../server/bridged-sockets.js';
import { type Duties, Readiness } from '../../server/readiness.js';
import { LocalForwarder } from '../../tunnel/forward/local-forwarder.js';
import type { UnreadBudget } from '../../tunnel/forward/unread-budget.js';
import { InternalApi } from '../../tunnel/internal/internal-api.js';
import { SessionRoutes } from '../../tunnel/internal/session-routes.js';
import { AdmissionControl } from '../../tunnel/listener/admission.js';
import { OfflineRecorder } from '../../tunnel/listener/offline-recorder.js';
import { RefusedDials } from '../../tunnel/listener/refused-dials.js';
import { Revocations } from '../../tunnel/listener/revocations.js';
import { TunnelListener } from '../../tunnel/listener/tunnel-listener.js';
import { NodeLease } from '../../tunnel/node/node-lease.js';
import { SessionPlane, spawnSessionRegistry } from '../../tunnel/node/session-plane.js';
import { missingOf, TunnelDrain, type TunnelStore } from '../../tunnel/node/tunnel-side.js';
import { RegistryStore } from '../../tunnel/registry/registry-store.js';
import type { SessionRegistryRef } from '../../tunnel/registry/session-registry.js';
import { LocalUserSessions } from '../../tunnel/registry/user-sessions.js';
import { SessionHosts } from '../../tunnel/session/main/session-hosts.js';
import type { Lifecycle } from '../process/lifecycle.js';
import { provide, provideBy } from './provide.js';
import { T } from './tokens.js';

/** How long a device may take to begin its answer, in ms. */
const HEAD_TIMEOUT_MS = 30_000;

/** Registers the tunnel side. @param duties the duties of the process, which may have a REST side too */
export function provideTunnelSide(c: DependencyContainer, config: ProxyConfig, duties: Duties): void {
  const { heartbeatMs, idleTimeoutMs } = config;
  c.registerInstance(T.tunnelAddr, config.tunnelAddr);
  c.registerInstance(T.internalAddr, config.internalAddr);
  c.registerInstance(T.internalSecret, config.internalSecret);
  c.registerInstance(T.nodeId, hostname());
  c.registerInstance(T.hostThreads, config.hosts);
  c.registerInstance(T.maxTunnels, config.maxTunnels);
  c.registerInstance(T.idleTimeoutMs, idleTimeoutMs);
  c.registerInstance(T.sessionInit, { heartbeatMs, idleTimeoutMs, headTimeoutMs: HEAD_TIMEOUT_MS });
  c.register(T.tunnelStore, { useToken: T.store });
  provide(c, T.lease, NodeLease, [{ store: T.store, clock: T.clock, log: T.log }]);
  provideSessions(c);
  provideDials(c);
  const readiness = (store: TunnelStore, hosts: SessionHosts) =>
    new Readiness(duties, () => Promise.resolve(missingOf(store, hosts)));
  provideBy(c, T.readiness, readiness, [T.tunnelStore, T.sessionHosts]);
  provide(c, T.sessionRoutes, SessionRoutes, [T.registryStore, T.userSessions]);
  provide(c, T.internalSockets, BridgedSockets, []);
  provide(c, T.internalApi, InternalApi, [
    {
      address: T.internalAddr,
      secret: T.internalSecret,
      sessions: T.sessionRoutes,
      sockets: T.internalSockets,
      forwarder: T.forwarder,
      calls: T.calls,
      requests: T.requests,
      readiness: T.readiness,
      exposition: T.exposition,
    },
  ]);
  provide(c, T.tunnelDrain, TunnelDrain, [
    {
      readiness: T.readiness,
      registry: T.registry,
      tunnels: T.tunnels,
      internal: T.internalApi,
      calls: T.calls,
    },
  ]);
}

/** Registers the sessions of this process, and calls to devices over them. */
function provideSessions(c: DependencyContainer): void {
  const hosts = (metrics: Metrics) => {
    const sessionHosts = new SessionHosts();
    metrics.hosts = () => sessionHosts.samples();
    return sessionHosts;
  };
  provideBy(c, T.sessionHosts, hosts, [T.metrics]);
  provideBy(c, T.registry, spawnSessionRegistry, [T.idleTimeoutMs]);
  provide(c, T.registryStore, RegistryStore, [T.registry]);
  provide(c, T.userSessions, LocalUserSessions, [T.registry, T.registryStore]);
  provide(c, T.sessionPlane, SessionPlane, [
    {
      threads: T.hostThreads,
      idleTimeoutMs: T.idleTimeoutMs,
      hosts: T.sessionHosts,
      registry: T.registry,
      store: T.registryStore,
      log: T.log,
    },
  ]);
  const forwarder = (registry: SessionRegistryRef, budget: UnreadBudget, metrics: Metrics) =>
    new LocalForwarder(registry, budget, () => {
      metrics.retries += 1;
    });
  provideBy(c, T.forwarder, forwarder, [T.registry, T.unreadBudget, T.metrics]);
}

/** Registers the listener that devices dial. */
function provideDials(c: DependencyContainer): void {
  provide(c, T.admission, AdmissionControl, [T.tunnelStore]);
  provide(c, T.offline, OfflineRecorder, [T.tunnelStore, T.log]);
  provide(c, T.refusedDials, RefusedDials, [{ store: T.tunnelStore, refusals: T.refusals, log: T.log }]);
  provide(c, T.revocations, Revocations, [T.tunnelStore, T.registry, T.log]);
  provide(c, T.tunnels, TunnelListener, [
    {
      address: T.tunnelAddr,
      proxies: T.trustedProxies,
      nodeId: T.nodeId,
      session: T.sessionInit,
      admission: T.admission,
      offline: T.offline,
      refused: T.refusedDials,
      hosts: T.sessionHosts,
      maxTunnels: T.maxTunnels,
      store: T.registryStore,
      metrics: T.metrics,
      log: T.log,
    },
  ]);
}

/** Takes the lease by which this process owns the tunnels of its data. @throws NodeTakenError */
export async function takeLease(c: DependencyContainer, lifecycle: Lifecycle): Promise<NodeLease> {
  const lease = c.resolve(T.lease);
  await lifecycle.start('lease of the tunnels', { start: () => lease.take(), stop: () => lease.release() });
  return lease;
}

/** Starts the sessions first, then the internal API, then the listener that devices dial. @throws ListenError, HostStartError */
export async function startTunnelSide(c: DependencyContainer, lifecycle: Lifecycle): Promise<void> {
  const [store, revocations] = [c.resolve(T.tunnelStore), c.resolve(T.revocations)];
  const [plane, internal, tunnels] = [
    c.resolve(T.sessionPlane),
    c.resolve(T.internalApi),
    c.resolve(T.tunnels),
  ];
  await lifecycle.start('sessions', { start: () => plane.start(), stop: () => plane.stop() });
  await lifecycle.start('revocations', {
    start: () => store.onChanges((changes) => revocations.changed(changes)),
    stop: (forget) => forget(),
  });
  await lifecycle.start('internal API', { start: () => internal.start(), stop: () => internal.close() });
  await lifecycle.start('tunnel listener', { start: () => tunnels.start(), stop: () => tunnels.close() });
}
