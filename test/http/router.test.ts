import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { allowedMethods, uwsPattern } from '../../src/http/patterns.js';
import { AS_ALICE, rawRequest, TestRest } from './kit.js';
import { ROUTES, takesBody } from './routes.js';
import { METHODS, pathOf, refusesStrangers } from './strangers.js';

describe('router', () => {
  let api: TestRest;
  before(async () => {
    api = await TestRest.start();
  });
  after(() => api.close());

  const request = (line: string, headers = {}) => rawRequest(api.port, line, headers);

  refusesStrangers('any authenticator', ROUTES, () => ({
    port: api.port,
    credentials: {
      'an empty token': { authorization: 'Bearer ' },
      'a garbage token': { authorization: 'Bearer alice' },
      'another scheme': { authorization: 'Basic dXNlci1hbGljZTo=' },
      'an empty cookie': { cookie: 'user=' },
      'another cookie': { cookie: 'other=user-alice' },
      'a garbage cookie': { cookie: `user=${'x'.repeat(3000)}` },
      both: { cookie: 'user=x', authorization: 'Bearer x' },
    },
    existing: { deviceId: 'cam-1', tokenId: 'pair-10' },
  }));

  test('strangers cost the store and the devices nothing', () => {
    assert.equal(api.forwarder.calls.length + api.forwarder.bridges.length + api.store.calls.length, 0);
  });

  /**
   * What a stranger gets where it is not 200: the provider is down, and nobody comes from there; HEAD signs nobody in; a
   * pairing needs a body.
   */
  const expected: Readonly<Record<string, number>> = {
    '/api/auth/login': 503,
    '/api/auth/callback': 400,
    '/api/pairing/exchange': 415,
  };
  for (const route of ROUTES.filter(({ access }) => access === 'public')) {
    const path = pathOf(route, {});
    const [start = ''] = /^\/\w*\/?/.exec(path) ?? [];
    const folder = start.slice(1, -1);
    const status = expected[path] ?? 200;
    const allowed = allowedMethods([route]);
    const [own = ''] = allowed.split(', ');
    test(`${path} is public, has ${allowed}, and no other method`, async () => {
      const got = await request(`${own} ${path}`);
      assert.equal(got.status, status);
      const head = await request(`HEAD ${path}`);
      assert.equal(head.status, status === 200 ? 200 : 405);
      assert.equal(head.body, '');
      if (status === 200)
        assert.deepEqual(head.headers.get('content-length'), got.headers.get('content-length'));
      for (const method of METHODS.filter((name) => !allowed.split(', ').includes(name))) {
        if (method === 'HEAD') continue;
        const refused = await request(`${method} ${path}`);
        assert.equal(refused.status, 405, method);
        assert.deepEqual(refused.headers.get('allow'), [allowed]);
      }
    });

    const near = [
      `/${path}`,
      `${path}/`,
      `${path}/x`,
      `${path};x`,
      `${path}%00`,
      `${path}%20`,
      `${path}#x`,
      `${path}%3fx`,
      path.toUpperCase(),
      ...['//', '/./', '/x/../', '%2f', '\\'].map((slash) => path.replace(start, `/${folder}${slash}`)),
      path.replace(start, `/${folder.toUpperCase()}/`),
      path.replace(start, `/%${folder.charCodeAt(0).toString(16)}${folder.slice(1)}/`),
    ];
    for (const other of path === '/' ? near.slice(2, 8) : near) {
      test(`attack 2: ${other} is not ${path}`, async () => {
        assert.equal((await request(`${own} ${other}`)).status, 401);
        assert.equal((await request(`${own} ${other}`, AS_ALICE)).status, 404);
      });
    }

    test(`attacks 2, 3: a query does not hide ${path}, and other fields do not change it`, async () => {
      assert.equal((await request(`${own} ${path}?x=/../..%2f`)).status, status);
      const fields = {
        'x-original-url': '/api/devices/cam-1/proxy/x',
        'x-forwarded-uri': '/api/nothing',
        'x-http-method-override': 'POST',
        'x-forwarded-host': 'evil.test',
        'user-agent': 'ELB-HealthChecker/2.0',
        'x-forwarded-prefix': '/x',
      };
      assert.equal((await request(`${own} ${path}`, fields)).status, status);
      assert.equal((await request('GET /api/nothing', { 'x-original-url': path })).status, 401);
    });

    if (takesBody(route)) continue;
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

  test('D1: a write whose outcome is not known before the request is begun is no effect of the request', async () => {
    const { StoreOutcomeUnknownError } = await import('../../src/store/ports/errors.js');
    const authenticate = () => Promise.reject(new StoreOutcomeUnknownError('killed'));
    const api = await TestRest.start({ authenticator: { peek: nobody, authenticate } });
    try {
      const { status, body } = await rawRequest(api.port, 'POST /api/pairing/tokens', AS_ALICE);
      assert.deepEqual([status, JSON.parse(body).code], [503, 'store-unavailable']);
    } finally {
      await api.close();
    }
  });

  test('an authenticator that cannot tell is 503, not 401, and not let in', async () => {
    const { StoreUnavailableError } = await import('../../src/store/ports/errors.js');
    const down = await TestRest.start({
      authenticator: { peek: nobody, authenticate: () => Promise.reject(new StoreUnavailableError('down')) },
    });
    const broken = await TestRest.start({
      authenticator: { peek: nobody, authenticate: () => Promise.reject(new Error('bug')) },
    });
    try {
      assert.equal((await rawRequest(down.port, 'GET /api/nothing', AS_ALICE)).status, 503);
      assert.equal((await rawRequest(broken.port, 'GET /api/nothing', AS_ALICE)).status, 500);
    } finally {
      await down.close();
      await broken.close();
    }
  });
});

function nobody(): undefined {
  return undefined;
}

test('patterns are written for uWebSockets.js', () => {
  assert.equal(uwsPattern('/api/devices/{deviceId}/proxy/{path…}'), '/api/devices/:deviceId/proxy/*');
  assert.equal(uwsPattern('/a/{b}/{c}'), '/a/:b/:c');
});
