import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { COOKIE_NAME, CookieCodec } from '../../src/auth/cookie.js';
import { oldKeys } from '../auth/keys.js';
import { rawRequest } from '../http/kit.js';
import { ROUTES } from '../http/routes.js';
import { type Fields, pathOf, refusesStrangers } from '../http/strangers.js';
import { exchange, Person, RestProcess } from './kit/rest-process.js';

const CSRF = { 'x-visiona-csrf': '1' };
const HANDSHAKE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

describe('strangers before visiona up', () => {
  let up: RestProcess;
  let alice: Person;
  let cookie: string;
  let tokens: { device: string; pairing: string; code: string };
  let existing: Record<string, string>;
  const credentials: Record<string, Fields> = {};
  let ended: Fields = {};

  before(async () => {
    up = await RestProcess.start('up');
    const left = await up.signIn('alice');
    ended = { cookie: cookieOf(left) };
    assert.equal((await left.send('POST', '/api/auth/logout')).status, 200);
    alice = await up.signIn('alice');
    cookie = cookieOf(alice);
    const pending = new Person(up);
    await (await pending.get('/api/auth/login')).body?.cancel();
    const { deviceId, sessionToken } = await alice.pair();
    const { token, code, tokenId } = await alice.mint();
    const { sessionId } = await alice.me();
    existing = { deviceId, tokenId, sessionId: String(sessionId) };
    tokens = { device: sessionToken, pairing: token, code };
    const foreign = new CookieCodec(oldKeys);
    Object.assign(credentials, {
      'a pending cookie': { cookie: cookieOf(pending) },
      'a pending cookie that says session': { cookie: cookieOf(pending).replace('.pending.', '.session.') },
      'a cookie by a foreign key': { cookie: foreign.set(foreign.create('session'), 60).split(';')[0] },
      'a device token': { authorization: `Bearer ${sessionToken}` },
      'a device token as cookie': { cookie: `${COOKIE_NAME}=${sessionToken}` },
      'a pairing token': { authorization: `Bearer ${token}` },
      'a pairing code as cookie': { cookie: `${COOKIE_NAME}=${code}` },
    });
  });
  after(() => up.close());

  const cookieOf = ({ browser }: Person) => `${COOKIE_NAME}=${browser.cookie(COOKIE_NAME)}`;
  const ask = (line: string, fields: Fields = {}) => rawRequest(up.port, line, fields);
  const own = () => ({ origin: new URL(up.url('/')).origin });
  const foreign = () => [
    { origin: 'null' },
    { origin: 'https://evil.test' },
    { origin: `http://127.0.0.1:${up.port + 1}` },
    { origin: `https://127.0.0.1:${up.port}` },
  ];

  refusesStrangers('visiona up', ROUTES, () => ({ port: up.port, credentials, ended, existing }));

  test('attack 2, 3: what is nearly a public path is none, and fields change no path', async () => {
    for (const path of ['/api/auth/login', '/api/auth/callback', '/api/pairing/exchange', '/api/health']) {
      for (const near of [
        `${path}/x`,
        `${path}%2f..%2f..%2fdevices`,
        `/${path}`,
        path.replace('/api/', '/api/x/../'),
        `${path}/`,
        path.toUpperCase(),
        `${path};x`,
        `${path}%00`,
        `${path}#x`,
        `${path}%3Fx`,
      ]) {
        for (const method of ['GET', 'POST']) {
          assert.equal((await ask(`${method} ${near}`, CSRF)).status, 401, `${method} ${near}`);
          assert.equal(
            (await ask(`${method} ${near}`, { ...CSRF, cookie })).status,
            404,
            `${method} ${near}`,
          );
        }
      }
      const elsewhere = {
        'x-original-url': path,
        'x-forwarded-uri': path,
        'x-forwarded-host': 'evil.test',
        'x-forwarded-prefix': path,
        'x-http-method-override': 'GET',
        'user-agent': 'ELB-HealthChecker/2.0',
      };
      assert.equal((await ask('GET /api/devices', elsewhere)).status, 401);
      assert.equal((await ask(`GET /api/devices?${path}`, elsewhere)).status, 401);
    }
  });

  test('attack 4: a preflight grants nothing, a handshake needs the cookie and our Origin', async () => {
    const path = `/api/devices/${existing.deviceId}/proxy/ws`;
    const preflight = { origin: 'https://evil.test', 'access-control-request-method': 'POST' };
    for (const fields of [preflight, { ...preflight, cookie }]) {
      const { status, headers } = await ask('OPTIONS /api/devices', fields);
      assert.equal(status, 'cookie' in fields ? 405 : 401);
      assert.ok(![...headers.keys()].some((name) => name.startsWith('access-control-')));
    }
    assert.equal((await ask(`GET ${path}`, { ...HANDSHAKE, ...own() })).status, 401);
    for (const origin of [{}, ...foreign()]) {
      assert.equal((await ask(`GET ${path}`, { ...HANDSHAKE, ...CSRF, cookie, ...origin })).status, 403);
    }
    // Admitted: the device has no tunnel.
    assert.equal((await ask(`GET ${path}`, { ...HANDSHAKE, cookie, ...own() })).status, 503);
  });

  test('attack 5, 6: a cookie that was tampered with is 401', async () => {
    const value = cookie.slice(COOKIE_NAME.length + 1);
    const [version, kid, type, id = '', mac = ''] = value.split('.');
    const flip = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    for (const bad of [
      [version, kid, type, flip(id), mac].join('.'),
      [version, kid, type, id, flip(mac)].join('.'),
      [version, kid, type, id, mac.slice(0, -4)].join('.'),
      [version, kid, type, id, ''].join('.'),
      [version, kid, type, id].join('.'),
      value.replaceAll('.', ''),
      `${value}.`,
      `.${value}`,
      `none.${id}.`,
      id,
      '',
      'x'.repeat(3000),
      'x'.repeat(10_240),
      '\xff\xfe'.repeat(20),
    ]) {
      assert.equal((await ask('GET /api/auth/me', { cookie: `${COOKIE_NAME}=${bad}` })).status, 401, bad);
    }
    assert.equal((await ask('GET /api/auth/me', { cookie })).status, 200);
  });

  test('attack 7: no credential is good in the place of another', async () => {
    const { device, pairing, code } = tokens;
    const value = cookie.slice(COOKIE_NAME.length + 1);
    for (const token of [device, value, cookie]) {
      const answer = await exchange(up, token);
      assert.equal(((await answer.json()) as { code: string }).code, 'pairing-refused');
    }
    const callback = await ask(`GET /api/auth/callback?state=x&code=y`, { cookie });
    assert.equal(callback.status, 400);
    for (const fields of [
      { authorization: `Bearer ${value}` },
      { cookie: `${COOKIE_NAME}=${pairing}` },
      { cookie: `visiona_session=${value}` },
      { authorization: `Bearer ${code}` },
    ]) {
      assert.equal((await ask('GET /api/auth/me', fields)).status, 401);
    }
  });

  test('attack 14: the cookie’s attributes, also when it is cleared; answers about it are not kept', async () => {
    const person = new Person(up);
    const login = await person.get('/api/auth/login');
    const { response } = await person.signIn('alice');
    const out = await person.send('POST', '/api/auth/logout');
    const shape = /^__Host-visiona_session=[^;]*; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=\d+$/;
    for (const answer of [login, out]) {
      const lines = answer.headers.getSetCookie();
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', shape);
      assert.ok((lines[0] ?? '').length <= 4096);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
    }
    assert.equal(response.headers.getSetCookie().length, 0);
  });

  test('attack 35, 37: a change needs our field and, where one is said, our Origin', async () => {
    const paths = ROUTES.filter(({ access, methods }) => access === 'user' && methods !== 'ANY').flatMap(
      (route) =>
        (route.methods as readonly string[])
          .filter((method) => !['GET', 'HEAD'].includes(method))
          .map((method) => `${method} ${pathOf(route, existing)}`),
    );
    assert.ok(paths.length > 5);
    for (const line of [...paths, `POST /api/devices/${existing.deviceId}/proxy/x`]) {
      const refused: Fields[] = [{ cookie }, { cookie, ...own() }];
      for (const origin of foreign()) refused.push({ cookie, ...CSRF, ...origin });
      for (const fields of refused) assert.equal((await ask(line, fields)).status, 403, line);
    }
    // A program says no Origin, and nothing of what it fetches.
    const line = 'POST /api/pairing/tokens';
    const json = { 'content-type': 'application/json', 'content-length': '2' };
    assert.equal((await rawRequest(up.port, line, { ...CSRF, ...json, cookie }, '{}')).status, 201);
    assert.equal((await ask('GET /api/auth/me', { cookie })).status, 200);
  });

  test('attack 36: JSON routes take JSON alone, and GET changes nothing', async () => {
    const type = (name: string) => ({ 'content-type': name, 'content-length': '2' });
    for (const name of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const fields = { ...CSRF, ...type(name), cookie };
      assert.equal((await rawRequest(up.port, 'POST /api/pairing/tokens', fields, '{}')).status, 415, name);
    }
    assert.equal((await ask('GET /api/auth/logout', { cookie })).status, 405);
    assert.equal((await ask(`GET /api/sessions/${existing.deviceId}/close`, { cookie })).status, 405);
    assert.equal((await ask('GET /api/auth/me', { cookie })).status, 200);
  });

  test('attack 39: there is no back-channel logout: whatever comes for it ends no session', async () => {
    const body = 'logout_token=eyJhbGciOiJub25lIiwidHlwIjoibG9nb3V0K2p3dCJ9.e30.';
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': `${body.length}` };
    for (const path of [
      '/api/auth/backchannel-logout',
      '/api/auth/backchannel_logout',
      '/api/auth/logout/backchannel',
      '/backchannel_logout',
    ]) {
      assert.equal((await rawRequest(up.port, `POST ${path}`, form, body)).status, 401, path);
      const mine = await rawRequest(up.port, `POST ${path}`, { ...form, ...CSRF, cookie }, body);
      assert.equal(mine.status, 404, path);
    }
    assert.equal((await rawRequest(up.port, 'POST /api/auth/logout', form, body)).status, 401);
    assert.ok(!ROUTES.some(({ path }) => /back-?_?channel/i.test(path)));
    assert.equal((await ask('GET /api/auth/me', { cookie })).status, 200);
  });
});
