import { hostname } from 'node:os';
import type { DependencyContainer } from 'tsyringe';
import { systemClock } from '../actors/clock.js';
import type { ExitReason } from '../actors/errors.js';
import { describeExit } from '../actors/errors.js';
import type { ProxyConfig } from '../config/types.js';
import { urlOf } from '../net/address.js';
import type { Logger } from '../observability/log.js';
import { type Duties, TUNNEL_DUTIES } from '../server/readiness.js';
import { NodeLease } from '../tunnel/node/node-lease.js';
import { RemoteProxy } from '../tunnel/node/remote-proxy.js';
import { createContainer } from './container.js';
import { startOps } from './ops.js';
import { CALLS_DRAIN_MS, type RunningProcess } from './process.js';
import { superviseStore } from './supervised-store.js';
import { TOKENS } from './tokens.js';

/** Builds remote-proxy from what the container holds. @param duties of the process */
export function startProxy(
  c: DependencyContainer,
  config: ProxyConfig,
  duties: Duties,
): Promise<RemoteProxy> {
  return RemoteProxy.start({
    tunnelAddr: config.tunnelAddr,
    internalAddr: config.internalAddr,
    internalSecret: config.internalSecret,
    trustedProxies: config.trustedProxies,
    duties,
    nodeId: hostname(),
    hosts: config.hosts,
    maxTunnels: config.maxTunnels,
    heartbeatMs: config.heartbeatMs,
    idleTimeoutMs: config.idleTimeoutMs,
    unreadBytes: config.unreadBytes,
    store: c.resolve(TOKENS.store),
    metrics: c.resolve(TOKENS.metrics),
    exposition: c.resolve(TOKENS.exposition),
    requests: c.resolve(TOKENS.requests),
    refusals: c.resolve(TOKENS.refusals),
    log: c.resolve(TOKENS.log),
  });
}

/** Makes this process the one that owns the tunnels of its data. @throws NodeTakenError */
export function takeLease(c: DependencyContainer): Promise<NodeLease> {
  return NodeLease.take({ store: c.resolve(TOKENS.store), clock: systemClock, log: c.resolve(TOKENS.log) });
}

/** Resolves with the reason for which a process cannot go on, once one of its supervisors has given up. */
export function givenUp(...exits: readonly Promise<ExitReason>[]): Promise<Error> {
  return new Promise((resolve) => {
    for (const exit of exits) {
      void exit.then((reason) => {
        if (reason.kind !== 'normal') resolve(new Error(`a supervisor gave up: ${describeExit(reason)}`));
      });
    }
  });
}

/** `visiona remote-proxy`: the store, then the sessions and listeners. */
export async function startRemoteProxy(config: ProxyConfig, log: Logger): Promise<RunningProcess> {
  const c = createContainer(log, { ...config, sides: ['tunnels'] });
  const store = await superviseStore(c, config);
  /** What runs so far, to be stopped if the rest does not start. */
  const stops: (() => Promise<unknown>)[] = [() => store.stop()];
  try {
    const lease = await takeLease(c);
    stops.push(() => lease.release());
    const proxy = await startProxy(c, config, TUNNEL_DUTIES);
    stops.push(() => proxy.stop());
    const ops = await startOps(c, config, proxy.readiness);
    return {
      ready: {
        tunnel: urlOf('ws', config.tunnelAddr, proxy.tunnelPort),
        internal: urlOf('http', config.internalAddr, proxy.internalPort),
        ops: urlOf('http', config.opsAddr, ops.port),
      },
      drain: async () => {
        // No device dials here from now on, so the next process need not wait for the calls under way.
        const [cut] = await Promise.all([proxy.drain(CALLS_DRAIN_MS), lease.release()]);
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
