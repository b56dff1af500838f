// The benchmark access-log measures the cost of one log line for each call.
import { type Benchmark, missingAll } from './benchmark.js';
import { smallCalls } from './forward-small.js';
import { upByToken, withAccessLog } from './relay/product.js';
import { NO_WRK, wrkIsAvailable } from './relay/wrk.js';

/** The calls of forward-small over one tunnel, with the access log and without. The ratio of both is the cost of the log. */
export const accessLog: Benchmark = {
  name: 'access-log',
  async run(size, log) {
    if (!(await wrkIsAvailable())) return missingAll(NO_WRK);
    return {
      product: withAccessLog.subject,
      ...(await smallCalls([withAccessLog, upByToken], 1, size, log)),
    };
  },
};
