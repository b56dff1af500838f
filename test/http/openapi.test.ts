import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { problemSchema } from '../../src/http/openapi.js';
import { uwsPattern } from '../../src/http/patterns.js';
import { ROUTES } from '../../src/http/routes.js';
import { PROBLEM_CODES, problem } from '../../src/server/problem.js';
import { TestRest } from './kit.js';

type Json = { readonly [name: string]: Json };

/** Every `$ref` in a document. */
function refs(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === '$ref' ? [String(inner)] : refs(inner)));
}

describe('GET /api/openapi.json', () => {
  let document: Json;
  let api: TestRest;
  before(async () => {
    api = await TestRest.start();
    document = (await (await fetch(api.url('/api/openapi.json'))).json()) as Json;
  });
  after(() => api.close());

  test('it is OpenAPI 3.1, and every route is in it with its methods', () => {
    assert.equal(document.openapi, '3.1.0');
    const documented = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const declared = ROUTES.flatMap(({ path, methods }) =>
      (methods === 'ANY'
        ? ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']
        : methods.map((method) => method.toLowerCase())
      ).map((method) => `${method} ${path.replace('…', '')}`),
    );
    assert.deepEqual(documented.sort(), declared.sort());
  });

  test('every reference leads somewhere, and every operation has a name of its own', () => {
    const schemas = Object.keys(document.components?.schemas ?? {});
    for (const ref of refs(document))
      assert.ok(schemas.includes(ref.replace('#/components/schemas/', '')), ref);
    const operations = Object.values(document.paths ?? {}).flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => String(operationId));
    assert.equal(new Set(ids).size, ids.length);
  });

  test('what needs credentials says so, and what changes something its field against forgery', () => {
    const proxy = document.paths?.['/api/devices/{deviceId}/proxy/{path}'];
    assert.deepEqual(proxy?.get?.security, [{ session: [] }, { bearer: [] }]);
    const names = (method: string) => ((proxy?.[method]?.parameters ?? []) as Json[]).map(({ name }) => name);
    assert.deepEqual(names('get'), ['deviceId', 'path']);
    assert.deepEqual(names('post'), ['deviceId', 'path', 'X-Visiona-Csrf']);
    assert.deepEqual(document.paths?.['/api/health']?.get?.security, []);
  });
});

test('problems are as the document says', () => {
  for (const code of PROBLEM_CODES) {
    const whole = problem(code, {
      requestId: 'r',
      detail: 'd',
      instance: '/',
      errors: [{ path: '', message: 'm' }],
    });
    assert.deepEqual(problemSchema.parse(whole), whole);
    problemSchema.parse(problem(code, { requestId: 'r' }));
  }
});

test('every path is declared once a method, as routing needs it', () => {
  const keys = ROUTES.map(({ methods, path }) => `${methods} ${uwsPattern(path)}`);
  assert.equal(new Set(keys).size, keys.length);
  for (const { path, kind, ...route } of ROUTES) {
    if (kind !== 'json') continue;
    const segments = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const { params } = route as { params?: { shape: object } };
    assert.deepEqual(Object.keys(params?.shape ?? {}), segments, path);
  }
});
