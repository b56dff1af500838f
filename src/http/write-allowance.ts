import { type Allowance, AttemptLimit } from '../limits/attempt-limit.js';
import { rateLimited } from '../limits/rate-limited.js';
import type { Metrics } from '../observability/metrics.js';
import type { UserId } from '../store/ports/ids.js';

const MINUTE_S = 60;
const DAY_S = 86_400;

/** A day's writes, in those of a minute: each leaves rows that are kept for long. */
const DAY = 100;

/** How much each user may change: so much in a minute, and a hundred times that in a day. In memory, for this process. */
export class WriteAllowance {
  readonly #limits: readonly AttemptLimit[];

  /** @param aMinute writes of one user in a minute */
  constructor(aMinute: number) {
    const allowances: Allowance[] = [
      { points: aMinute, windowSeconds: MINUTE_S },
      { points: aMinute * DAY, windowSeconds: DAY_S },
    ];
    this.#limits = allowances.map((allowance) => new AttemptLimit(allowance));
  }

  /** Counts one write of a user. Seconds for which it is refused; 0: it is not. What a minute refuses is not a day's. */
  async take(user: UserId): Promise<number> {
    for (const limit of this.#limits) {
      const seconds = await limit.take(user);
      if (seconds > 0) return seconds;
    }
    return 0;
  }
}

/** What {@link countWrite} needs. */
export interface CountedWrites {
  readonly writes: WriteAllowance;
  readonly metrics: Metrics;
}

/** Counts one write of a user. @throws ProblemError `rate-limited` beyond what this user may change */
export async function countWrite({ writes, metrics }: CountedWrites, user: UserId): Promise<void> {
  const seconds = await writes.take(user);
  if (seconds > 0) throw rateLimited(metrics, 'user-writes', seconds);
}
