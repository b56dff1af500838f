import { PROBLEM_TYPE, type Problem, problemBody } from '../problem.js';

/** What a route answers, ready to send. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export function json(value: unknown, status = 200): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

export function problem(details: Problem): Answer {
  return { status: details.status, type: PROBLEM_TYPE, body: problemBody(details) };
}
