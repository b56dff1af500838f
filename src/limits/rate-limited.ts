import type { Metrics, RateLimit } from '../observability/metrics.js';
import { ProblemError } from '../problems/problem-error.js';

/** The problem that says how long to wait; counts it. */
export function rateLimited(
  { limited }: Pick<Metrics, 'limited'>,
  limit: RateLimit,
  seconds: number,
): ProblemError {
  limited[limit] += 1;
  return new ProblemError('rate-limited', { because: limit, headers: { 'Retry-After': String(seconds) } });
}
