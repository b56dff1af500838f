import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { docsPage } from '../../src/http/api/docs/docs-page.js';
import { problemSchema } from '../../src/http/openapi.js';
import { uwsPattern } from '../../src/http/patterns.js';
import { PROBLEM_CODES, problem } from '../../src/problems/problem.js';
import { TestRest } from './kit.js';
import { operationOf, ROUTES } from './routes.js';

/** Files of pages are nothing that a program calls. */
const API = ROUTES.filter(({ path }) => path.startsWith('/api/'));

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
    const declared = API.flatMap(({ path, methods }) =>
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

  test('B8: a body that may be left out is not required', () => {
    const body = (path: string) => document.paths?.[path]?.post?.requestBody?.required;
    assert.equal(body('/api/pairing/tokens'), false);
    assert.equal(body('/api/pairing/exchange'), true);
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

test('the page of the routes shows each, and nothing in it can run or load', async () => {
  const api = await TestRest.start();
  try {
    const answer = await fetch(api.url('/api/docs'));
    const html = await answer.text();
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
    for (const { path } of API) assert.ok(html.includes(`<code>${path.replace('…', '')}</code>`), path);
    const policy = answer.headers.get('content-security-policy') ?? '';
    const style = /<style>(.*)<\/style>/s.exec(html)?.[1] ?? '';
    assert.ok(policy.includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`));
    assert.match(policy, /^default-src 'none';/);
    assert.doesNotMatch(policy, /script-src|unsafe/);
    assert.doesNotMatch(html, /<script|onload=|src=/);
  } finally {
    await api.close();
  }
});

test('what stands in the page is text', () => {
  const page = docsPage({ info: { title: '<b>"&' }, paths: {}, components: { schemas: {} } });
  assert.ok(page.includes('&#60;b&#62;&#34;&#38;'));
  assert.ok(!page.includes('<b>"'));
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
});

test('what a path may name is said in the schema of its route, unless a device answers', () => {
  const answered = API.filter((route) => !('default' in (operationOf(route)?.responses ?? { default: {} })));
  const segments = answered.flatMap(({ path }) => path.match(/\{\w+\}/g) ?? []);
  assert.ok(segments.length > 8);
  const inPath = answered.flatMap((route) =>
    (operationOf(route)?.parameters ?? []).filter((parameter) => parameter.in === 'path'),
  );
  assert.deepEqual(
    inPath.map(({ name }) => `{${name}}`),
    segments,
  );
  for (const { name, schema } of inPath) assert.ok((schema as { pattern?: string }).pattern, String(name));
});
