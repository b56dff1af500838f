import { z } from 'zod';
import { PROBLEM_CODES, PROBLEM_CONTENT_TYPE, type ProblemCode, problemKind } from '../problems/problem.js';
import type { FileRoute, JsonRoute, Route } from './route.js';

/** What is called by programs. Files of pages are not. */
type ApiRoute = Exclude<Route, FileRoute>;

type Json = Record<string, unknown>;

/** What any answer of an error looks like. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(PROBLEM_CODES),
    detail: z.string().optional(),
    instance: z.string().optional(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong (RFC 9457); match on `code`' });

const ANY_METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** Methods by which nothing changes: a page may send them with our cookie and no more. */
const SAFE = ['get', 'head', 'options', 'trace'];

const CSRF_FIELD: Json = {
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
const OF_CHANGES: readonly ProblemCode[] = ['store-read-only', 'store-outcome-unknown'];
const OF_BODIES: readonly ProblemCode[] = [
  'bad-request',
  'validation',
  'request-timeout',
  'payload-too-large',
  'unsupported-media-type',
];

/** The OpenAPI 3.1 document of `routes`; files of pages are no part of it. */
export function openApi(routes: readonly Route[], version: string) {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    if (route.kind === 'file') continue;
    const path = route.path.replace('…', '');
    const methods = route.methods === 'ANY' ? ANY_METHODS : route.methods.map((name) => name.toLowerCase());
    paths[path] = {
      ...paths[path],
      ...Object.fromEntries(methods.map((method) => [method, operation(route, method)])),
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'visionA', version, description: 'Edge devices behind NAT, as if they were local.' },
    paths,
    components: {
      schemas: components(),
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-visiona_session' },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      },
    },
  };
}

function operation(route: ApiRoute, method: string): Json {
  return {
    summary: route.summary,
    operationId: operationId(route.path, method),
    security: route.access === 'public' ? [] : [{ session: [] }, { bearer: [] }],
    parameters: parameters(route, method),
    ...(route.kind === 'json' &&
      route.body !== undefined && { requestBody: { required: !route.bodyOptional, ...json(route.body) } }),
    responses: { ...success(route), ...problems(route) },
  };
}

/** `GET /api/devices/{deviceId}` → `getDevicesDeviceId`. */
function operationId(path: string, method: string): string {
  const words = path.replace(/^\/api\//, '').match(/\w+/g) ?? [];
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function parameters(route: ApiRoute, method: string): Json[] {
  const names = [...route.path.matchAll(/\{(\w+)…?\}/g)].map(([, name = '']) => name);
  const declared = route.kind === 'json' ? route.params?.shape : undefined;
  const inPath = names.map((name) => {
    const schema = declared?.[name];
    return { name, in: 'path', required: true, schema: schema ? inline(schema) : { type: 'string' } };
  });
  const query = route.kind === 'json' ? Object.entries(route.query?.shape ?? {}) : [];
  const inQuery = query.map(([name, schema]) => ({ name, in: 'query', schema: inline(schema) }));
  const needsCsrf = route.access === 'user' && !SAFE.includes(method);
  return [...inPath, ...inQuery, ...(needsCsrf ? [CSRF_FIELD] : [])];
}

function success(route: ApiRoute): Json {
  if (route.kind === 'stream') return { default: { description: 'What the device answers' } };
  const { status, answer, summary } = route;
  // Whatever succeeds with 200 and no JSON is a page.
  const page = status === 200 ? { content: { 'text/html': { schema: { type: 'string' } } } } : {};
  return { [status]: { description: summary, ...(answer === undefined ? page : json(answer)) } };
}

function problems(route: ApiRoute): Json {
  const codes = new Set(route.kind === 'json' ? problemsOf(route) : [...ALWAYS, ...OF_USERS]);
  const byStatus: Record<string, ProblemCode[]> = {};
  for (const code of codes) {
    const { status } = problemKind(code);
    byStatus[status] = [...(byStatus[status] ?? []), code];
  }
  const content = { [PROBLEM_CONTENT_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, names]) => [status, { description: names.join(', '), content }]),
  );
}

function problemsOf(route: JsonRoute): ProblemCode[] {
  const { access, methods, writes, params, query, body } = route;
  return [
    ...ALWAYS,
    ...(access === 'user' ? OF_USERS : []),
    ...(writes ? (['rate-limited'] as const) : []),
    ...(SAFE.includes(methods[0].toLowerCase()) ? [] : OF_CHANGES),
    ...(params === undefined ? [] : [route.missing]),
    ...(query === undefined ? [] : (['validation'] as const)),
    ...(body === undefined ? (['payload-too-large'] as const) : OF_BODIES),
    ...route.problems,
  ];
}

/** A body, by the name of its schema. */
function json(schema: z.ZodType): Json {
  const id = z.globalRegistry.get(schema)?.id;
  if (id === undefined) throw new Error('a schema of a body has no id: give it one with .meta()');
  return { content: { 'application/json': { schema: { $ref: `#/components/schemas/${id}` } } } };
}

function inline(schema: z.core.$ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}

/** Every schema that has an id. On the wire is the input side: codecs turn what is inside to it. */
function components(): Json {
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  );
}
