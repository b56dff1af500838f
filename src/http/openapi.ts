// This file makes the OpenAPI 3.1 document from a list of routes.
import { z } from 'zod';
import { PROBLEM_CODES } from '../problems/problem.js';
import type { Json, Operation } from './operation.js';
import type { Route } from './route.js';

/** The schema of the body of every error answer. */
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

/** Makes the OpenAPI 3.1 document of `routes`, without those that describe no operation. */
export function openApi(routes: readonly Route[], version: string) {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = route.path.replace('…', '');
    const methods = route.methods === 'ANY' ? ANY_METHODS : route.methods.map((name) => name.toLowerCase());
    for (const method of methods) {
      const operation = route.describe(method);
      if (operation !== undefined) paths[path] = { ...paths[path], [method]: operation };
    }
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

/** Every schema that has an id, by its input side: codecs turn the values of handlers into that side on the wire. */
function components(): Json {
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  );
}
