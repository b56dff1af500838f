// This file describes a JSON route as an OpenAPI operation.
import type { ProblemCode } from '../problems/problem.js';
import type { JsonSpec } from './json-spec.js';
import { isSafe, type Json, jsonContent, type Operation, operation } from './operation.js';

const OF_CHANGES: readonly ProblemCode[] = ['store-read-only', 'store-outcome-unknown'];
const OF_BODIES: readonly ProblemCode[] = [
  'bad-request',
  'validation',
  'request-timeout',
  'payload-too-large',
  'unsupported-media-type',
];

/** Makes the operation of a JSON route. @param method in lower case */
export function jsonOperation(spec: JsonSpec, method: string): Operation {
  const { params, query, body, bodyOptional } = spec;
  return operation({
    route: spec,
    method,
    params,
    query,
    requestBody: body && { required: !bodyOptional, ...jsonContent(body) },
    success: success(spec),
    problems: problems(spec),
  });
}

function success({ status, answer, summary }: JsonSpec): Json {
  // A route that answers 200 without JSON answers with a page.
  const page = status === 200 ? { content: { 'text/html': { schema: { type: 'string' } } } } : {};
  return { [status]: { description: summary, ...(answer === undefined ? page : jsonContent(answer)) } };
}

function problems({ method, writes, params, query, body, missing, problems: own }: JsonSpec): ProblemCode[] {
  return [
    ...(writes ? (['rate-limited'] as const) : []),
    ...(isSafe(method.toLowerCase()) ? [] : OF_CHANGES),
    ...(params === undefined ? [] : [missing]),
    ...(query === undefined ? [] : (['validation'] as const)),
    ...(body === undefined ? (['payload-too-large'] as const) : OF_BODIES),
    ...own,
  ];
}
