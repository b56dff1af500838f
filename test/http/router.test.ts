import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { allowedMethods, uwsPattern } from '../../src/http/patterns.js';
import type { Route } from '../../src/http/route.js';
import { ROUTES } from '../../src/http/routes.js';
import { AS_ALICE, type RawAnswer, rawRequest, TestRest } from './kit.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];

/** A path that the route matches: alice's device, and a tail. */
function example({ path }: Route): string {
  return path.replace('{deviceId}', 'cam-1').replace(/\{\w+…\}/, 'x/y');
}

/** What may differ between two answers to the same question. */
function withoutIds({ status, headers, body }: RawAnswer) {
  const ids = new Set(['x-request-id', 'date']);
  return {
    status,
    headers: [...headers].filter(([name]) => !ids.has(name)),
    body: body.replace(/"requestId":"[^"]*"/, '').replace(/"instance":"[^"]*"/, ''),
  };
}

describe('router', () => {
  let api: TestRest;
  before(async () => {
    api = await TestRest.start();
  });
  after(() => api.close());

  const request = (line: string, headers = {}) => rawRequest(api.port, line, headers);

  const userPaths = ROUTES.filter(({ access }) => access === 'user').map(example);
  const unknown = [
    '/',
    '/api',
    '/api/',
    '/api/nothing',
    '/ws/logs',
    '/api/devices/cam-1',
    '/api/devices/none/proxy/x',
  ];
  for (const path of [...userPaths, ...unknown]) {
    for (const method of METHODS) {
      test(`without credentials ${method} ${path} is 401 and says nothing of what is there`, async () => {
        const answer = await request(`${method} ${path}`);
        assert.equal(answer.status, 401);
        assert.deepEqual(answer.headers.get('content-type'), ['application/problem+json']);
        assert.equal(answer.headers.get('x-request-id')?.length, 1);
        for (const name of ['set-cookie', 'location', 'allow'])
          assert.equal(answer.headers.get(name), undefined);
        const other = await request(`${method} /${'q'.repeat(path.length - 1)}`);
        assert.deepEqual(withoutIds(answer), withoutIds(other));
        assert.equal(api.forwarder.calls.length + api.devices.asked, 0);
      });
    }
  }

  for (const credentials of [
    { authorization: 'Bearer ' },
    { authorization: 'Bearer alice' },
    { authorization: 'Basic dXNlci1hbGljZTo=' },
    { cookie: 'user=' },
    { cookie: 'other=user-alice' },
    { cookie: 'x'.repeat(4000) },
  ]) {
    test(`credentials that are not valid are none: ${JSON.stringify(credentials).slice(0, 60)}`, async () => {
      const none = await request('GET /api/devices/cam-1/proxy/x');
      const wrong = await request('GET /api/devices/cam-1/proxy/x', credentials);
      assert.deepEqual(withoutIds(wrong), withoutIds(none));
      assert.equal(api.devices.asked, 0);
    });
  }

  for (const route of ROUTES.filter(({ access }) => access === 'public')) {
    const path = example(route);
    test(`${path} is public, has GET and HEAD, and no other method`, async () => {
      const got = await request(`GET ${path}`);
      assert.equal(got.status, 200);
      const head = await request(`HEAD ${path}`);
      assert.equal(head.status, 200);
      assert.equal(head.body, '');
      assert.deepEqual(head.headers.get('content-length'), [String(got.body.length)]);
      for (const method of METHODS.filter((name) => name !== 'GET' && name !== 'HEAD')) {
        const refused = await request(`${method} ${path}`);
        assert.equal(refused.status, 405, method);
        assert.deepEqual(refused.headers.get('allow'), [allowedMethods([route])]);
      }
    });

    for (const near of [
      `/${path}`,
      `${path}/`,
      `${path}/x`,
      `${path};x`,
      `${path}%00`,
      `${path}%20`,
      `${path}#x`,
      `${path}%3fx`,
      path.toUpperCase(),
      path.replace('/api/', '/api//'),
      path.replace('/api/', '/api/./'),
      path.replace('/api/', '/api/x/../'),
      path.replace('/api/', '/api%2f'),
      path.replace('/api/', '/API/'),
      path.replace('/api/', '/%61pi/'),
      path.replace('/api/', '/api\\'),
    ]) {
      test(`${near} is not ${path}`, async () => {
        assert.equal((await request(`GET ${near}`)).status, 401);
        assert.equal((await request(`GET ${near}`, AS_ALICE)).status, 404);
      });
    }

    test(`a query does not hide ${path}, and other fields do not change it`, async () => {
      assert.equal((await request(`GET ${path}?x=/../..%2f`)).status, 200);
      const fields = {
        'x-original-url': '/api/devices/cam-1/proxy/x',
        'x-forwarded-uri': '/api/nothing',
        'x-http-method-override': 'POST',
        'x-forwarded-prefix': '/x',
      };
      assert.equal((await request(`GET ${path}`, fields)).status, 200);
      assert.equal((await request('GET /api/nothing', { 'x-original-url': path })).status, 401);
    });

    test(`${path} takes no body`, async () => {
      const answer = await rawRequest(api.port, `GET ${path}`, { 'content-length': '3' }, 'abc');
      assert.equal(answer.status, 413);
      const chunked = { 'transfer-encoding': 'chunked' };
      assert.equal((await rawRequest(api.port, `GET ${path}`, chunked, '0\r\n\r\n')).status, 413);
    });
  }

  test('with credentials an unknown path is 404, whatever the method', async () => {
    for (const method of METHODS) {
      const answer = await request(`${method} /api/nothing`, AS_ALICE);
      assert.equal(answer.status, 404, method);
      assert.match(answer.body, method === 'HEAD' ? /^$/ : /"code":"not-found"/);
    }
  });

  test("a sane request id of the caller's comes back, any other is replaced", async () => {
    const sane = await request('GET /api/health', { 'x-request-id': 'abc-1.2_3' });
    assert.deepEqual(sane.headers.get('x-request-id'), ['abc-1.2_3']);
    const strange = await request('GET /api/nothing', { 'x-request-id': 'a b<script>' });
    const [id = ''] = strange.headers.get('x-request-id') ?? [];
    assert.match(id, /^[\w.-]+$/);
    assert.match(strange.body, new RegExp(`"requestId":"${id}"`));
  });

  test('an authenticator that cannot tell is 503, not 401, and not let in', async () => {
    const { StoreUnavailableError } = await import('../../src/store/errors.js');
    const down = await TestRest.start({
      authenticator: { authenticate: () => Promise.reject(new StoreUnavailableError('down')) },
    });
    const broken = await TestRest.start({
      authenticator: { authenticate: () => Promise.reject(new Error('bug')) },
    });
    try {
      assert.equal((await rawRequest(down.port, 'GET /api/nothing', AS_ALICE)).status, 503);
      assert.equal((await rawRequest(broken.port, 'GET /api/nothing', AS_ALICE)).status, 500);
    } finally {
      down.close();
      broken.close();
    }
  });
});

test('patterns are written for uWebSockets.js', () => {
  assert.equal(uwsPattern('/api/devices/{deviceId}/proxy/{path…}'), '/api/devices/:deviceId/proxy/*');
  assert.equal(uwsPattern('/a/{b}/{c}'), '/a/:b/:c');
});
