import type { Metrics, SignInResult } from '../../../observability/metrics.js';
import type { ProblemCode } from '../../../problems/problem.js';
import { problemOf, toldProblem } from '../../../problems/problem-error.js';

/** How a sign-in ended that is answered with a problem; with any other than these it failed here. */
const RESULTS: Partial<Record<ProblemCode, SignInResult>> = {
  'sign-in-failed': 'unknown',
  'sign-in-denied': 'denied',
  'provider-failed': 'provider-failed',
  'provider-unreachable': 'provider-unreachable',
};

/** Counts a sign-in that ends with an error at one of its steps. Rejects as `step` does. */
export async function countFailure<T>({ signIns }: Metrics, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    const code = toldProblem(error)?.problem ?? problemOf(error);
    signIns[RESULTS[code] ?? 'failed'] += 1;
    throw error;
  }
}
