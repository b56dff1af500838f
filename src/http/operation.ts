// This file makes the OpenAPI operation of a route from what the route declares.
import { z } from 'zod';
import { PROBLEM_CONTENT_TYPE, type ProblemCode, problemKind } from '../problems/problem.js';

/** A part of a JSON document. */
export type Json = Record<string, unknown>;

/** An OpenAPI 3.1 operation object. */
export interface Operation {
  readonly summary: string;
  readonly operationId: string;
  /** The credentials that are needed; empty: none. */
  readonly security: readonly Json[];
  readonly parameters: readonly Json[];
  readonly requestBody?: Json;
  /** The answers by status; `default` where the device chooses the status. */
  readonly responses: Json;
}

/** The declaration of one method of a route. */
export interface OperationParts {
  readonly route: {
    readonly path: string;
    readonly access: 'public' | 'user';
    readonly summary: string;
  };
  /** The method in lower case. */
  readonly method: string;
  /** The schema of the path's segments; a segment that it does not name is any string. */
  readonly params?: z.ZodObject | undefined;
  readonly query?: z.ZodObject | undefined;
  readonly requestBody?: Json | undefined;
  /** The answers of a success, by status. */
  readonly success: Json;
  /** The problems beside those that every route with this access may answer. */
  readonly problems?: readonly ProblemCode[];
}

/** Methods that change nothing: a page may send them with a session's cookie alone. */
const SAFE = ['get', 'head', 'options', 'trace'];

const CSRF_HEADER: Json = {
  name: 'X-Visiona-Csrf',
  in: 'header',
  description: 'Needed with a cookie',
  schema: { const: '1' },
};

const ALWAYS: readonly ProblemCode[] = ['internal'];
const OF_USERS: readonly ProblemCode[] = [
  'bad-request',
  'unauthorized',
  'draining',
  'store-unavailable',
  'forbidden',
];

/** Whether a method, in lower case, changes nothing. */
export function isSafe(method: string): boolean {
  return SAFE.includes(method);
}

/** Makes the operation of one method of a route. */
export function operation({ route, method, requestBody, success, problems = [], ...inputs }: OperationParts) {
  const { path, access, summary } = route;
  const isPublic = access === 'public';
  return {
    summary,
    operationId: operationId(path, method),
    security: isPublic ? [] : [{ session: [] }, { bearer: [] }],
    parameters: [
      ...pathParameters(path, inputs.params),
      ...queryParameters(inputs.query),
      ...(isPublic || isSafe(method) ? [] : [CSRF_HEADER]),
    ],
    ...(requestBody !== undefined && { requestBody }),
    responses: { ...success, ...problemResponses([...ALWAYS, ...(isPublic ? [] : OF_USERS), ...problems]) },
  } satisfies Operation;
}

/** Declares a JSON body by the name of its schema. @throws Error if the schema has no name */
export function jsonContent(schema: z.ZodType): Json {
  const id = z.globalRegistry.get(schema)?.id;
  if (id === undefined) throw new Error('a schema of a body has no id: give it one with .meta()');
  return { content: { 'application/json': { schema: { $ref: `#/components/schemas/${id}` } } } };
}

/** Makes the id of an operation: `GET /api/devices/{deviceId}` → `getDevicesDeviceId`. */
function operationId(path: string, method: string): string {
  const words = path.replace(/^\/api\//, '').match(/\w+/g) ?? [];
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function pathParameters(path: string, params: z.ZodObject | undefined): Json[] {
  return [...path.matchAll(/\{(\w+)…?\}/g)].map(([, name = '']) => {
    const schema = params?.shape[name];
    return { name, in: 'path', required: true, schema: schema ? inline(schema) : { type: 'string' } };
  });
}

function queryParameters(query: z.ZodObject | undefined): Json[] {
  return Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    schema: inline(schema),
  }));
}

function problemResponses(codes: readonly ProblemCode[]): Json {
  const byStatus: Record<string, ProblemCode[]> = {};
  for (const code of new Set(codes)) {
    const { status } = problemKind(code);
    byStatus[status] = [...(byStatus[status] ?? []), code];
  }
  const content = { [PROBLEM_CONTENT_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, names]) => [status, { description: names.join(', '), content }]),
  );
}

function inline(schema: z.core.$ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
