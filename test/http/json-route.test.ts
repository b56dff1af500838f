import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { jsonRoute } from '../../src/http/json-route.js';
import { Reply } from '../../src/http/reply.js';
import { BODY_TIMEOUT_MS, MAX_JSON_BODY } from '../../src/http/request-body.js';
import { ProblemError } from '../../src/problems/problem-error.js';
import { StoreError, StoreOutcomeUnknownError, StoreUnavailableError } from '../../src/store/ports/errors.js';
import { ProxyUnreachableError } from '../../src/tunnel/remote/proxy-failure.js';
import { ALICE, AS_ALICE, type RawAnswer, rawRequest } from './kit.js';
import { startRoutes } from './routed.js';

const at = z.codec(z.iso.datetime(), z.number(), {
  decode: (text) => Date.parse(text),
  encode: (ms) => new Date(ms).toISOString(),
});

let fault: Error | undefined;
let served = 0;

const routes = [
  jsonRoute(
    {
      access: 'user',
      method: 'POST',
      path: '/t/{id}/things',
      summary: 'A thing',
      params: z.object({ id: z.string().regex(/^\w+$/) }),
      query: z.strictObject({ limit: z.coerce.number().int().min(1).max(5).default(2) }),
      body: z.strictObject({ name: z.string().min(1).max(9), tags: z.array(z.string()).optional() }),
      answer: z.object({ id: z.string(), name: z.string(), limit: z.number(), by: z.string(), at }),
      headers: ['user-agent'],
      status: 201,
      missing: 'device-not-found',
    },
    async ({ params, query, body }, user) => {
      served += 1;
      const secret = { token: 'never told' };
      return { ...secret, id: params.id, name: body.name, limit: query.limit, by: user.userId, at: 1000 };
    },
  ),
  jsonRoute(
    {
      access: 'user',
      method: 'POST',
      path: '/t/optional',
      summary: 'Nothing is needed',
      body: z.strictObject({ name: z.string().optional(), limit: z.int().default(2) }),
      answer: z.object({ got: z.string() }),
    },
    async ({ body }) => ({ got: JSON.stringify(body) }),
  ),
  jsonRoute(
    { access: 'user', method: 'DELETE', path: '/t/{id}/things', summary: 'Gone' },
    async () => undefined,
  ),
  jsonRoute({ access: 'user', method: 'POST', path: '/t/fault', summary: 'Fails' }, async () => {
    if (fault !== undefined) throw fault;
    return undefined;
  }),
  jsonRoute(
    {
      access: 'public',
      method: 'GET',
      path: '/t/go',
      summary: 'Elsewhere',
      status: 303,
      query: z.looseObject({ to: z.string().optional() }),
      headers: ['user-agent', 'x-none'],
    },
    async ({ query, headers, remoteAddr, requestId }) => {
      const location = `/${query.to}?${headers['user-agent']}${headers['x-none']}&${remoteAddr}&${requestId}`;
      return new Reply(undefined, { Location: location, 'Set-Cookie': ['a=1', 'b=2'] });
    },
  ),
  jsonRoute(
    {
      access: 'public',
      method: 'GET',
      path: '/t/wrong',
      summary: 'Answers nonsense',
      answer: z.object({ n: z.int() }),
    },
    async () => ({ n: 0.5 }),
  ),
];

const JSON_TYPE = { 'content-type': 'application/json' };

describe('JSON routes', () => {
  let api: Awaited<ReturnType<typeof startRoutes>>;
  before(async () => {
    api = await startRoutes(routes);
  });
  after(() => api.close());

  const post = (body: string, headers: Record<string, string> = JSON_TYPE, path = '/t/x/things') =>
    rawRequest(
      api.port,
      `POST ${path}`,
      { ...AS_ALICE, 'content-length': `${Buffer.byteLength(body)}`, ...headers },
      body,
    );
  const problem = ({ status, body }: RawAnswer) => {
    const { code, errors, detail } = JSON.parse(body);
    return { status, code, ...(errors && { errors }), ...(detail && { detail }) };
  };

  test('a handler gets what was parsed, and what its answer names is all that leaves', async () => {
    const made = await post('{"name":"lamp"}', JSON_TYPE, '/t/x/things?limit=3');
    assert.equal(made.status, 201);
    assert.deepEqual(made.headers.get('content-type'), ['application/json']);
    const expected = { id: 'x', name: 'lamp', limit: 3, by: ALICE, at: '1970-01-01T00:00:01.000Z' };
    assert.deepEqual(JSON.parse(made.body), expected);
    assert.equal(JSON.parse((await post('{"name":"é"}')).body).limit, 2);
  });

  // Builds of uWebSockets.js differ in the first of these only.
  for (const text of ['grüße', 'grüße €', '😀']) {
    test(`N1: answers and problems are UTF-8: ${text}`, async () => {
      const made = await post(JSON.stringify({ name: text }));
      assert.equal(JSON.parse(made.body).name, text);
      const refused = problem(await post(JSON.stringify({ name: 'lamp', [text]: 1 })));
      assert.deepEqual(refused.errors, [{ path: `/${text}`, message: 'it is not known here' }]);
    });
  }

  for (const [why, body, errors] of [
    [
      'an unknown member',
      '{"name":"a","userId":"b"}',
      [{ path: '/userId', message: 'it is not known here' }],
    ],
    ['__proto__', '{"name":"a","__proto__":{}}', [{ path: '', message: 'a member is named __proto__' }]],
    ['a pointer', '{"name":"a","a/b~c":1}', [{ path: '/a~1b~0c', message: 'it is not known here' }]],
    [
      'a wrong type',
      '{"name":"a","tags":["x",1]}',
      [{ path: '/tags/1', message: 'Invalid input: expected string, received number' }],
    ],
    ['an array', '[]', [{ path: '', message: 'Invalid input: expected object, received array' }]],
    ['null', 'null', [{ path: '', message: 'Invalid input: expected object, received null' }]],
  ] as const) {
    test(`a body that does not match is told where: ${why}`, async () => {
      assert.deepEqual(problem(await post(body)), { status: 400, code: 'validation', errors });
    });
  }

  test('B8: a body of which nothing is needed may be left out', async () => {
    const ask = (headers: Record<string, string>, body = '') =>
      rawRequest(api.port, 'POST /t/optional', { ...AS_ALICE, ...headers }, body);
    const chunked = { 'transfer-encoding': 'chunked' };
    for (const [headers, body] of [
      [{}],
      [{ 'content-length': '0' }],
      [{ 'content-length': '0', 'content-type': 'text/plain' }],
      [{ 'content-length': '0', ...JSON_TYPE }],
      [{ ...chunked, ...JSON_TYPE }, '0\r\n\r\n'],
      [{ 'content-length': '2', ...JSON_TYPE }, '{}'],
    ] as const) {
      const answer = await ask(headers, body);
      assert.equal(JSON.parse(answer.body).got, '{"limit":2}', JSON.stringify(headers));
    }
    const wrong = async (headers: Record<string, string>, body: string) =>
      JSON.parse((await ask(headers, body)).body).code;
    assert.equal(await wrong({ 'content-length': '2' }, '{}'), 'unsupported-media-type');
    assert.equal(await wrong({ 'content-length': '1', ...JSON_TYPE }, ' '), 'bad-request');
    assert.equal(await wrong({ 'content-length': '4', ...JSON_TYPE }, 'null'), 'validation');
    // Where something is needed, it is not.
    assert.equal((await rawRequest(api.port, 'POST /t/x/things', AS_ALICE)).status, 415);
  });

  test('what is wrong with a query is told; a parameter is given once', async () => {
    const ask = async (query: string) =>
      problem(await post('{"name":"a"}', JSON_TYPE, `/t/x/things?${query}`)).errors?.[0].path;
    assert.equal(await ask('limit=6'), 'limit');
    assert.equal(await ask('limit=x'), 'limit');
    assert.equal(await ask('limit='), 'limit');
    assert.equal(await ask('limit=1&limit=2'), 'limit');
    assert.equal(await ask('userId=bob'), 'userId');
  });

  test('a thousand mistakes get twenty errors', async () => {
    const tags = Array.from({ length: 1000 }, () => 1);
    assert.equal(problem(await post(JSON.stringify({ name: 'a', tags }))).errors.length, 20);
    const members = Object.fromEntries(tags.map((_, i) => [`${i}${'x'.repeat(40)}`, 1]));
    assert.equal(problem(await post(JSON.stringify(members))).errors.length, 20);
    const long = problem(await post(JSON.stringify({ name: 'a', ['x'.repeat(60_000)]: 1 })));
    assert.equal(long.errors[0].path.length, 200);
  });

  for (const body of ['', '{', '{"name":"a"}}', "{'name':'a'}", '\ufeff{"name":"a"}', '{"name":"\xff"}']) {
    test(`no JSON: ${JSON.stringify(body)}`, async () => {
      const bytes = body.includes('\xff') ? Buffer.from(body, 'latin1') : Buffer.from(body);
      const headers = { ...AS_ALICE, ...JSON_TYPE, 'content-length': `${bytes.length}` };
      const answer = await rawRequest(api.port, 'POST /t/x/things', headers, bytes);
      assert.deepEqual(problem(answer), {
        status: 400,
        code: 'bad-request',
        detail: 'the body is not JSON in UTF-8',
      });
    });
  }

  test('JSON as deep as a body can be is refused like any other', async () => {
    const deep = '['.repeat(MAX_JSON_BODY / 2) + ']'.repeat(MAX_JSON_BODY / 2);
    assert.equal(problem(await post(deep)).code, 'validation');
  });

  for (const headers of [
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'multipart/form-data; boundary=x' },
    { 'content-type': 'application/json-patch+json' },
    { 'content-type': 'text/plain; application/json' },
    { 'content-type': 'application/json; charset=utf-16' },
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    {},
  ]) {
    test(`attack 36: a body with ${JSON.stringify(headers)} is 415, and nothing is done`, async () => {
      served = 0;
      const answer = await post('{"name":"a"}', headers as Record<string, string>);
      assert.equal(problem(answer).status, 415);
      assert.equal(served, 0);
    });
  }

  for (const type of [
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
  ]) {
    test(`${type} is JSON`, async () => {
      assert.equal((await post('{"name":"a"}', { 'content-type': type })).status, 201);
    });
  }

  test('a body may be chunked, within its bound', async () => {
    const chunked = { ...AS_ALICE, ...JSON_TYPE, 'transfer-encoding': 'chunked' };
    const send = (body: string) => {
      const length = Buffer.byteLength(body).toString(16);
      return rawRequest(api.port, 'POST /t/x/things', chunked, `${length}\r\n${body}\r\n0\r\n\r\n`);
    };
    assert.equal((await send('{"name":"a"}')).status, 201);
    assert.equal((await send(`{"name":"${'a'.repeat(MAX_JSON_BODY)}"}`)).status, 413);
  });

  test('a body over the bound is 413, and the connection closes', async () => {
    const announced = await post('', {
      ...JSON_TYPE,
      connection: 'keep-alive',
      'content-length': `${MAX_JSON_BODY + 1}`,
    });
    assert.equal(announced.status, 413);
    assert.deepEqual(announced.headers.get('connection'), ['close']);
    const largest = JSON.stringify({ name: 'a', tags: [] }).padEnd(MAX_JSON_BODY);
    assert.equal((await post(largest)).status, 201);
  });

  test('a route without a body takes none', async () => {
    const headers = { ...AS_ALICE, 'content-length': '2' };
    assert.equal((await rawRequest(api.port, 'DELETE /t/x/things', headers, '{}')).status, 413);
    const gone = await rawRequest(api.port, 'DELETE /t/x/things', AS_ALICE);
    assert.equal(gone.status, 204);
    assert.equal(gone.headers.get('content-length'), undefined);
  });

  test('a path that is of no resource is not there', async () => {
    const answer = problem(await post('{"name":"a"}', JSON_TYPE, '/t/a%20b/things'));
    assert.deepEqual(answer, { status: 404, code: 'device-not-found' });
  });

  test('other methods are told which there are', async () => {
    const answer = await rawRequest(api.port, 'GET /t/x/things', AS_ALICE);
    assert.equal(answer.status, 405);
    assert.deepEqual(answer.headers.get('allow'), ['POST, DELETE']);
  });

  test('a body that does not come in time is 408', { timeout: 2 * BODY_TIMEOUT_MS }, async () => {
    const headers = { ...AS_ALICE, ...JSON_TYPE, connection: 'keep-alive', 'content-length': '20' };
    const answer = await rawRequest(api.port, 'POST /t/x/things', headers, '{"name"');
    assert.equal(problem(answer).status, 408);
    assert.deepEqual(answer.headers.get('connection'), ['close']);
  });

  test('a caller that goes away in its body is forgotten, and the next one served', async () => {
    served = 0;
    const socket = connect(api.port, '127.0.0.1');
    socket.write(
      `POST /t/x/things HTTP/1.1\r\nhost: a\r\nauthorization: ${AS_ALICE.authorization}\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{"name"`,
    );
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    assert.equal((await post('{"name":"a"}')).status, 201);
    assert.equal(served, 1);
  });

  test('what a handler throws is its problem, or ours', async () => {
    const fail = async (error: Error) => {
      fault = error;
      return problem(await rawRequest(api.port, 'POST /t/fault', AS_ALICE));
    };
    assert.deepEqual(await fail(new ProblemError('session-expired', { detail: 'why' })), {
      status: 410,
      code: 'session-expired',
      detail: 'why',
    });
    assert.equal((await fail(new StoreUnavailableError('down'))).code, 'store-unavailable');
    for (const code of ['ERR_STORE_READ_ONLY', 'ERR_STORE_FULL'] as const) {
      const { status, code: told } = await fail(new StoreError(code, 'secret'));
      assert.deepEqual([status, told], [503, 'store-read-only'], code);
    }
    assert.equal((await fail(new StoreOutcomeUnknownError('down'))).code, 'store-outcome-unknown');
    assert.equal((await fail(new StoreError('ERR_STORE_INPUT', 'secret'))).code, 'internal');
    assert.equal((await fail(new ProxyUnreachableError('down'))).code, 'proxy-unreachable');
    assert.deepEqual(await fail(new Error('secret')), { status: 500, code: 'internal' });
  });

  test('an answer that its schema does not allow is a fault of ours', async () => {
    const answer = problem(await rawRequest(api.port, 'GET /t/wrong'));
    assert.deepEqual(answer, { status: 500, code: 'internal' });
  });

  test('a reply has fields of its own, each value in a line', async () => {
    const answer = await rawRequest(api.port, 'GET /t/go?to=x&session_state=1', {
      'user-agent': 'me',
      'x-request-id': 'r1',
    });
    assert.equal(answer.status, 303);
    assert.deepEqual(answer.headers.get('location'), ['/x?me&127.0.0.1&r1']);
    assert.deepEqual(answer.headers.get('set-cookie'), ['a=1', 'b=2']);
    assert.deepEqual(answer.headers.get('content-length'), ['0']);
  });
});
