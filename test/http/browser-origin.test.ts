import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ALICE, AS_ALICE, rawRequest, TestRest } from './kit.js';
import { METHODS } from './strangers.js';

const COOKIE = { cookie: `user=${ALICE}` };
const CSRF = { 'x-visiona-csrf': '1' };
const HANDSHAKE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};
const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];
const UNSAFE = METHODS.filter((method) => !SAFE.includes(method));

describe('what a page can do with a cookie', () => {
  let api: TestRest;
  let own: { origin: string };
  before(async () => {
    api = await TestRest.start();
    own = { origin: `http://127.0.0.1:${api.port}` };
  });
  after(() => api.close());

  const ask = async (line: string, fields: Record<string, string>) => rawRequest(api.port, line, fields);
  const foreign = () => [
    { origin: 'null' },
    { origin: 'https://evil.test' },
    { origin: `http://127.0.0.1:${api.port + 1}` },
    { origin: `https://127.0.0.1:${api.port}` },
    { origin: `http://localhost:${api.port}` },
  ];

  for (const path of [
    '/api/devices/cam-1/proxy/x',
    '/api/sessions/cam-1/close',
    '/api/devices/none',
    '/api/nothing',
  ]) {
    for (const method of UNSAFE) {
      test(`attack 35: ${method} ${path} needs our field and our Origin`, async () => {
        const before = api.forwarder.calls.length;
        const refused = [COOKIE, { ...COOKIE, ...own }];
        for (const origin of foreign()) refused.push({ ...COOKIE, ...CSRF, ...origin });
        for (const fields of refused) {
          const answer = await ask(`${method} ${path}`, fields);
          assert.equal(answer.status, 403, JSON.stringify(fields));
          assert.equal(JSON.parse(answer.body).code, 'forbidden');
        }
        assert.equal(api.forwarder.calls.length, before);
        assert.notEqual((await ask(`${method} ${path}`, { ...COOKIE, ...CSRF, ...own })).status, 403);
        // attack 37: a program that says no Origin
        assert.notEqual((await ask(`${method} ${path}`, { ...COOKIE, ...CSRF })).status, 403);
      });
    }
  }

  test('a bearer token is no cookie: it needs neither', async () => {
    const fields = { ...AS_ALICE, origin: 'https://other.test' };
    assert.equal((await ask('POST /api/devices/cam-1/proxy/x', fields)).status, 200);
  });

  test('what changes nothing needs neither', async () => {
    for (const method of SAFE) {
      const answer = await ask(`${method} /api/devices/cam-1/proxy/x`, {
        ...COOKIE,
        origin: 'https://evil.test',
      });
      assert.equal(answer.status, 200, method);
    }
  });

  test('a cookie and a bearer token together are refused', async () => {
    const answer = await ask('GET /api/devices', { ...COOKIE, ...AS_ALICE });
    assert.deepEqual([answer.status, JSON.parse(answer.body).code], [400, 'bad-request']);
  });

  test('attack 4: a WebSocket without credentials is 401, with a cookie from elsewhere 403, before any upgrade', async () => {
    const line = 'GET /api/devices/cam-1/proxy/ws';
    assert.equal((await ask(line, HANDSHAKE)).status, 401);
    for (const origin of [{}, ...foreign()]) {
      assert.equal((await ask(line, { ...HANDSHAKE, ...COOKIE, ...CSRF, ...origin })).status, 403);
    }
    assert.equal(api.forwarder.bridges.length, 0);
    // Admitted: the fake device is offline.
    assert.equal((await ask(line, { ...HANDSHAKE, ...COOKIE, ...own })).status, 503);
    assert.equal((await ask(line, { ...HANDSHAKE, ...AS_ALICE, origin: 'https://other.test' })).status, 503);
  });

  test('attack 4: a preflight is answered like any request, and grants nothing', async () => {
    const preflight = {
      origin: 'https://evil.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-visiona-csrf',
    };
    for (const path of ['/api/devices', '/api/devices/cam-1/proxy/x', '/api/nothing', '/api/health']) {
      for (const fields of [preflight, { ...preflight, ...COOKIE }]) {
        const answer = await ask(`OPTIONS ${path}`, fields);
        const granted = [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'));
        assert.deepEqual(granted, [], path);
        if (!('cookie' in fields)) assert.equal(answer.status, path === '/api/health' ? 405 : 401);
      }
    }
  });
});
