import 'reflect-metadata';
import { container, type DependencyContainer, instanceCachingFactory } from 'tsyringe';
import { RefusalAudit } from '../audit/refusal-audit.js';
import { expose, type Side } from '../observability/exposition.js';
import type { Logger } from '../observability/log.js';
import { Metrics } from '../observability/metrics.js';
import { StoreRecorder } from '../observability/store-recorder.js';
import { RequestLog } from '../server/request-log.js';
import { StoreClient } from '../store/client/store-client.js';
import { TOKENS } from './tokens.js';

export interface ContainerOptions {
  /** What the process does, and so has metrics of. */
  readonly sides: readonly Side[];
  /** Every request is a line of the log. */
  readonly accessLog: boolean;
}

/** The container of one process: what every composition root shares. Disposed of by whoever created it. */
export function createContainer(log: Logger, { sides, accessLog }: ContainerOptions): DependencyContainer {
  const child = container.createChildContainer();
  child.register(TOKENS.log, { useValue: log });
  child.register(TOKENS.metrics, { useFactory: instanceCachingFactory(() => new Metrics()) });
  child.register(TOKENS.exposition, {
    useFactory: instanceCachingFactory((c) => expose(c.resolve(TOKENS.metrics), sides)),
  });
  child.register(TOKENS.refusals, {
    useFactory: instanceCachingFactory((c) => new RefusalAudit({ store: c.resolve(TOKENS.store), log })),
  });
  child.register(TOKENS.requests, {
    useFactory: instanceCachingFactory(
      (c) =>
        new RequestLog({
          log,
          metrics: c.resolve(TOKENS.metrics),
          refusals: c.resolve(TOKENS.refusals),
          access: accessLog,
        }),
    ),
  });
  child.register(TOKENS.store, {
    useFactory: instanceCachingFactory(
      (c) => new StoreClient(undefined, new StoreRecorder(c.resolve(TOKENS.metrics))),
    ),
  });
  return child;
}
