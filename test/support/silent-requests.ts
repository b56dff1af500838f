import { pino } from 'pino';
import { Metrics } from '../../src/observability/metrics.js';
import { RequestLog } from '../../src/server/request-log.js';
import { SILENT_REFUSALS } from './silent-refusals.js';

/** Counts requests that fail, and tells nobody. */
export function silentRequests(metrics = new Metrics()): RequestLog {
  return new RequestLog({
    log: pino({ level: 'silent' }),
    metrics,
    refusals: SILENT_REFUSALS,
    access: false,
  });
}
