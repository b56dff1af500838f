import { PROBLEM_TYPE, problemBody, type ServiceProblem } from '../service/problem.js';

/** What a route answers, ready to send. */
export interface EdgeAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export function json(value: unknown, status = 200): EdgeAnswer {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

export function edgeProblem(details: ServiceProblem): EdgeAnswer {
  return { status: details.status, type: PROBLEM_TYPE, body: problemBody(details) };
}
