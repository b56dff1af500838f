// WriteAllowance limits how much each user may change in a minute and in a day.

import type { Metrics } from '../observability/metrics.js';
import type { UserId } from '../store/ports/ids.js';
import { type Allowance, AttemptLimit, rateLimited } from './attempt-limit.js';

const MINUTE_S = 60;
const DAY_S = 86_400;

/**
 * The allowance of a day, as a multiple of that of a minute. It is low because each change leaves rows that are kept for long.
 */
const MINUTES_A_DAY = 100;

/**
 * Limits the changes of each user: some in a minute, a hundred times as many in a day. The counts are in the memory of this
 * process.
 */
export class WriteAllowance {
  readonly #limits: readonly AttemptLimit[];
  readonly #metrics: Pick<Metrics, 'limited'>;

  /** @param aMinute the most changes of one user in a minute */
  constructor(aMinute: number, metrics: Pick<Metrics, 'limited'>) {
    const allowances: Allowance[] = [
      { points: aMinute, windowSeconds: MINUTE_S },
      { points: aMinute * MINUTES_A_DAY, windowSeconds: DAY_S },
    ];
    this.#limits = allowances.map((allowance) => new AttemptLimit(allowance));
    this.#metrics = metrics;
  }

  /**
   * Counts one change of a user. A change that the minute's limit refuses does not count for the day.
   * @throws ProblemError `rate-limited` if this user may change nothing more now
   */
  async count(user: UserId): Promise<void> {
    for (const limit of this.#limits) {
      const seconds = await limit.take(user);
      if (seconds > 0) throw rateLimited(this.#metrics, 'user-writes', seconds);
    }
  }
}
