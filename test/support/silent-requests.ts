// `silentRequests` makes a request log that writes nothing.
import { pino } from 'pino';
import { Metrics } from '../../src/observability/metrics.js';
import { RequestLog } from '../../src/server/request-log.js';
import { SILENT_REFUSALS } from './silent-refusals.js';

/** Makes a request log that counts failed requests and writes no lines. */
export function silentRequests(metrics = new Metrics()): RequestLog {
  return new RequestLog({
    log: pino({ level: 'silent' }),
    metrics,
    refusals: SILENT_REFUSALS,
    access: false,
  });
}
