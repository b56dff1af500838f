// The device side answers with problem details (RFC 9457) when no service can answer.
import { STATUS_CODES } from 'node:http';

/** Problem details (RFC 9457) as the device side gives them. */
export interface ServiceProblem {
  /** Stable; the problem type is made of it. */
  readonly code: string;
  readonly status: number;
  readonly detail: string;
}

/** The media type of problem details. */
export const PROBLEM_TYPE = 'application/problem+json';

/** The JSON of a problem. */
export function problemBody({ code, status, detail }: ServiceProblem): string {
  return JSON.stringify({
    type: `urn:visiona:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail,
  });
}

/** A whole HTTP/1.1 answer, for a stream that no HTTP server handles. */
export function problemAnswer(problem: ServiceProblem): string {
  const body = problemBody(problem);
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}`,
    `Date: ${new Date().toUTCString()}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
