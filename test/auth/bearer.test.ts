import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { MAX_TOKEN_LENGTH } from '../../src/auth/bearer.js';
import { rawRequest } from '../http/kit.js';
import { AWAY } from '../support/test-store.js';
import { foreignKey } from './fake-provider.js';
import { Stand } from './stand.js';

const AUDIENCE = 'https://api.visiona.example';
const HEADER = { alg: 'RS256', kid: 'key-1', typ: 'at+jwt' };

let stand: Stand;
beforeEach(async () => {
  stand = await Stand.start({ audience: AUDIENCE });
});
afterEach(() => stand.close());

function token(claims: Record<string, unknown> = {}, header = HEADER): Promise<string> {
  const good = { sub: 'alice', aud: AUDIENCE, client_id: 'script', jti: 'x', ...claims };
  return stand.provider.sign(good, header);
}

async function ask(bearer: string, path = '/api/auth/me', fields = {}) {
  return rawRequest(stand.port, `GET ${path}`, { authorization: `Bearer ${bearer}`, ...fields });
}

const now = Math.floor(Date.now() / 1000);

describe('bearer tokens', () => {
  test('a good one is its user, the same as by sign-in; no field and no Origin is asked of it', async () => {
    const me = JSON.parse((await ask(await token())).body);
    assert.deepEqual(me, { ...me, via: 'bearer', name: null, email: null, sessionId: null });
    assert.equal((await (await stand.signedIn('alice')).me()).userId, me.userId);
    const fields = {
      authorization: `bearer ${await token()}`,
      origin: 'https://elsewhere.test',
      'content-length': '0',
    };
    assert.equal((await rawRequest(stand.port, 'POST /api/auth/logout', fields)).status, 200);
  });

  test('N2: a token is taken up to its longest, and a longer one is 401 that says so, up to 64 KiB', async () => {
    const spare = MAX_TOKEN_LENGTH - (await token({ groups: '' })).length;
    const longest = await token({ groups: 'g'.repeat(Math.floor((spare * 3) / 4) - 2) });
    assert.ok(longest.length > MAX_TOKEN_LENGTH - 8 && longest.length <= MAX_TOKEN_LENGTH);
    assert.equal((await ask(longest)).status, 200);
    for (const length of [MAX_TOKEN_LENGTH + 1, 65_000]) {
      const { status, body } = await ask(longest.padEnd(length, 'x'));
      assert.equal(status, 401);
      assert.equal(JSON.parse(body).detail, 'a bearer token may have 8192 characters');
    }
  });

  const bad: [string, () => Promise<string>][] = [
    ['empty', async () => ''],
    ['text', async () => 'x.y.z'],
    ['longer than 8 KB', async () => `${await token()}${'x'.repeat(8192)}`],
    ['an ID token', () => token({ aud: 'visiona' }, { alg: 'RS256', kid: 'key-1', typ: 'JWT' })],
    ['without a type', () => token({}, { alg: 'RS256', kid: 'key-1' } as typeof HEADER)],
    ['for another audience', () => token({ aud: 'visiona' })],
    ['of another issuer', () => token({ iss: 'https://evil.test' })],
    ['expired', () => token({ exp: now - 60 })],
    ['not valid yet', () => token({ nbf: now + 60 })],
    ['without an expiry', () => token({ exp: undefined })],
    ['without a client', () => token({ client_id: undefined })],
    ['without a subject', () => token({ sub: undefined })],
    ['of a blank subject', () => token({ sub: '  ' })],
    ['bound to a key of its sender', () => token({ cnf: { jkt: 'x' } })],
    [
      'signed by a foreign key',
      async () => {
        stand.provider.signingKey = await foreignKey();
        return token();
      },
    ],
    [
      'with an unknown key',
      async () => {
        stand.provider.signingKey = await foreignKey();
        return token({}, { ...HEADER, kid: 'key-2' });
      },
    ],
    [
      'HS256',
      async () => {
        stand.provider.signingKey = Buffer.from(AUDIENCE.repeat(2));
        return token({}, { ...HEADER, alg: 'HS256' });
      },
    ],
    [
      'alg none',
      async () => {
        const [, claims] = (await token()).split('.');
        return `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${claims}.`;
      },
    ],
  ];
  for (const [what, make] of bad) {
    test(`a token ${what} is 401`, async () => {
      assert.equal((await ask(await make())).status, 401);
      assert.equal(stand.store.count('users'), 0);
    });
  }

  test('attack 53: a token that a client got for itself is no user’s', async () => {
    assert.equal((await ask(await token({ sub: 'script' }))).status, 401);
    assert.equal(stand.store.count('users'), 0);
  });

  test('attack 07: a cookie’s value is no token, and a token is no cookie', async () => {
    const browser = await stand.signedIn();
    const value = browser.cookie?.split('=')[1] ?? '';
    assert.equal((await ask(value)).status, 401);
    assert.equal(await stand.browser(`__Host-visiona_session=${await token()}`).status(), 401);
  });

  test('a request with both is refused, whatever they are worth', async () => {
    const { cookie = '' } = await stand.signedIn();
    for (const bearer of [await token(), 'x', '']) {
      assert.equal((await ask(bearer, '/api/auth/me', { cookie })).status, 400);
      assert.equal((await ask(bearer, '/api/auth/me', { cookie: '__Host-visiona_session=x' })).status, 400);
    }
    // Another site's cookie, or the password of a proxy before us, is none of ours.
    assert.equal((await ask(await token(), '/api/auth/me', { cookie: 'theme=dark' })).status, 200);
    assert.equal(
      (await stand.browser(cookie).get('/api/auth/me', { authorization: 'Basic eDp5' })).status,
      200,
    );
  });

  test('it cannot be known while the provider is down, unless its keys are known: 503, then not', async () => {
    const good = await token();
    await stand.provider.close();
    assert.equal((await ask(good)).status, 503);
    await stand.provider.listen();
    const other = await Stand.start({ audience: AUDIENCE, provider: stand.provider });
    try {
      const fields = { authorization: `Bearer ${good}` };
      assert.equal((await rawRequest(other.port, 'GET /api/auth/me', fields)).status, 200);
      stand.provider.answers.set('/jwks', () => ({ status: 500 }));
      const fresh = await Stand.start({ audience: AUDIENCE, provider: stand.provider });
      assert.equal((await rawRequest(fresh.port, 'GET /api/auth/me', fields)).status, 503);
      fresh.rest.close();
    } finally {
      other.rest.close();
    }
  });

  test('the store is down: 503', async () => {
    stand.store.fault = AWAY;
    assert.equal((await ask(await token())).status, 503);
  });

  test('off without an audience: 401 for the best of them', async () => {
    const off = await Stand.start({ provider: stand.provider });
    try {
      const fields = { authorization: `Bearer ${await token()}` };
      assert.equal((await rawRequest(off.port, 'GET /api/auth/me', fields)).status, 401);
      assert.equal((await (await off.signedIn()).me()).cliFlags, null);
    } finally {
      off.rest.close();
    }
  });
});
