import type { InjectionToken } from 'tsyringe';
import type { RefusalAudit } from '../audit/refusal-audit.js';
import type { Exposition } from '../observability/exposition.js';
import type { Logger } from '../observability/log.js';
import type { Metrics } from '../observability/metrics.js';
import type { RequestLog } from '../server/request-log.js';
import type { StoreClient } from '../store/client/store-client.js';

/** What composition roots put together; everything else gets what it needs by its constructor. */
export const TOKENS = {
  log: Symbol('log') as InjectionToken<Logger>,
  metrics: Symbol('metrics') as InjectionToken<Metrics>,
  requests: Symbol('requests') as InjectionToken<RequestLog>,
  refusals: Symbol('refusals') as InjectionToken<RefusalAudit>,
  exposition: Symbol('exposition') as InjectionToken<Exposition>,
  store: Symbol('store') as InjectionToken<StoreClient>,
} as const;
