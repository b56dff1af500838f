import 'reflect-metadata';
import { container, type DependencyContainer, instanceCachingFactory } from 'tsyringe';
import { expose, type Side } from '../observability/exposition.js';
import type { Logger } from '../observability/log.js';
import { Metrics } from '../observability/metrics.js';
import { StoreClient } from '../store/store-client.js';
import { TOKENS } from './tokens.js';

/** The container of one process: what every composition root shares. Disposed of by whoever created it. */
export function createContainer(log: Logger, sides: readonly Side[]): DependencyContainer {
  const child = container.createChildContainer();
  child.register(TOKENS.log, { useValue: log });
  child.register(TOKENS.metrics, { useFactory: instanceCachingFactory(() => new Metrics()) });
  child.register(TOKENS.exposition, {
    useFactory: instanceCachingFactory((c) => expose(c.resolve(TOKENS.metrics), sides)),
  });
  child.register(TOKENS.store, { useFactory: instanceCachingFactory(() => new StoreClient()) });
  return child;
}
