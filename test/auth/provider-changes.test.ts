import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { BearerTokens } from '../../src/auth/bearer.js';
import type { Provider } from '../../src/auth/provider.js';
import { Metrics } from '../../src/observability/metrics.js';
import { TestStore } from '../support/test-store.js';
import { foreignKey } from './fake-provider.js';
import { OIDC_POLICY } from './oidc-policy.js';
import { CHECKS, ProviderStand, rejectsWith } from './provider-stand.js';

const DISCOVERY = '/.well-known/openid-configuration';
const REFRESH_MS = OIDC_POLICY.discoveryRefreshS * 1000;

let stand: ProviderStand;
let by: Provider;
beforeEach(async () => {
  stand = await ProviderStand.start();
  by = stand.provider();
});
afterEach(() => stand.close());

const requests = () => stand.fake.to(DISCOVERY).length + stand.fake.to('/jwks').length;

describe('a provider whose endpoints move', () => {
  test('S4: its document is asked for again when it is old, and not before', async () => {
    assert.equal((await by.authorizationUrl(CHECKS)).pathname, '/authorize');
    stand.fake.moved.set('/authorize', '/v2/authorize');
    stand.now = REFRESH_MS - 1;
    assert.equal((await by.authorizationUrl(CHECKS)).pathname, '/authorize');
    stand.now = REFRESH_MS;
    const urls = await Promise.all(Array.from({ length: 50 }, () => by.authorizationUrl(CHECKS)));
    assert.deepEqual([...new Set(urls.map(({ pathname }) => pathname))], ['/v2/authorize']);
    assert.equal(stand.fake.to(DISCOVERY).length, 2);
  });

  test('S4: the token endpoint is gone: the same code is traded where it is now', async () => {
    await stand.redeem(by);
    stand.now = 1000;
    stand.fake.moved.set('/token', '/v2/token');
    const tokens = await stand.redeem(by);
    assert.equal(tokens.subject, 'alice');
    stand.fake.moved.set('/token', '/v3/token');
    stand.now = 2000;
    assert.ok((await by.refresh(tokens.refreshToken ?? '', tokens)).refreshToken);
    assert.equal(stand.fake.to(DISCOVERY).length, 3);
  });

  for (const status of [301, 307, 404, 405, 410]) {
    test(`S4: so it is with an endpoint that answers ${status}`, async () => {
      await stand.redeem(by);
      stand.now = 1000;
      stand.fake.moved.set('/token', '/v2/token');
      stand.fake.answers.set('/token', () => ({ status, headers: { location: 'https://evil.test' } }));
      assert.equal((await stand.redeem(by)).subject, 'alice');
    });
  }

  test('S4: and with a host where nobody is any more', async () => {
    const old = await ProviderStand.start();
    stand.fake.metadata = { token_endpoint: `${old.fake.issuer}/token` };
    await by.metadata();
    await old.close();
    stand.fake.metadata = {};
    stand.now = 1000;
    assert.equal((await stand.redeem(by)).subject, 'alice');
  });

  test('S4: an endpoint that is gone and nowhere else costs no more than a question a second', async () => {
    stand.fake.answers.set('/token', () => ({ status: 404 }));
    for (let i = 0; i < 20; i++) await rejectsWith(stand.redeem(by), 'ERR_PROVIDER_ANSWER');
    assert.equal(stand.fake.to('/token').length, 20);
    assert.equal(stand.fake.to(DISCOVERY).length, 1);
    stand.now = 1000;
    for (let i = 0; i < 20; i++) await rejectsWith(stand.redeem(by), 'ERR_PROVIDER_ANSWER');
    assert.equal(stand.fake.to(DISCOVERY).length, 2);
  });

  test('S4: its keys, userinfo and revocation move', async () => {
    await stand.redeem(by);
    for (const path of ['/jwks', '/userinfo', '/revoke']) stand.fake.moved.set(path, `/v2${path}`);
    stand.now = REFRESH_MS;
    const tokens = await stand.redeem(by);
    assert.equal(tokens.name, 'Somebody');
    await by.revoke('rt-1');
    assert.deepEqual(stand.fake.revoked, ['rt-1']);
    for (const path of ['/jwks', '/userinfo', '/revoke']) stand.fake.moved.set(path, `/v3${path}`);
    stand.now += 1000;
    assert.equal((await stand.redeem(by)).name, 'Somebody');
    await by.revoke('rt-2');
    assert.deepEqual(stand.fake.revoked, ['rt-1', 'rt-2']);
  });

  test('attack 55, S4: while it is away, says nothing of use or is another issuer, the old document stays in use', async () => {
    await stand.redeem(by);
    const spoils: (() => void)[] = [
      () => stand.fake.answers.set(DISCOVERY, () => ({ status: 503 })),
      () => stand.fake.answers.set(DISCOVERY, () => ({ status: 404 })),
      () => {
        stand.fake.answers.delete(DISCOVERY);
        stand.fake.metadata = { issuer: 'https://evil.test', token_endpoint: 'https://evil.test/token' };
      },
      () => {
        stand.fake.metadata = { token_endpoint: null };
      },
    ];
    for (const spoil of spoils) {
      spoil();
      stand.now += REFRESH_MS;
      assert.equal((await stand.redeem(by)).subject, 'alice');
      assert.match(stand.logged.at(-1) ?? '', /was not discovered|keys cannot be had/);
    }
    stand.fake.metadata = {};
    stand.fake.moved.set('/authorize', '/v2/authorize');
    stand.now += REFRESH_MS;
    await by.metadata();
    // It failed the last time, and so nobody waited for it.
    while ((await by.authorizationUrl(CHECKS)).pathname === '/authorize')
      await new Promise((resolve) => setImmediate(resolve));
    assert.match(stand.logged.join(''), /answers again/);
  });
});

describe('a provider that changes its key', () => {
  for (const kid of ['key-1', 'key-2']) {
    test(`S5: the new key is ${kid}: no sign-in fails, and no refresh`, async () => {
      const tokens = await stand.redeem(by);
      stand.now = 1000;
      stand.fake.changeKey(kid);
      const query = await Promise.all(
        Array.from({ length: 20 }, async () => stand.fake.signIn(await by.authorizationUrl(CHECKS), 'alice')),
      );
      const all = await Promise.all(query.map((each) => by.redeem(each, CHECKS)));
      assert.equal(all.length, 20);
      assert.ok((await by.refresh(tokens.refreshToken ?? '', tokens)).idToken);
      assert.equal(stand.fake.to('/jwks').length, 2);
    });
  }

  test('S5: its keys cannot be had: 503 for what does not fit, and what does stays good', async () => {
    await stand.redeem(by);
    stand.now = 1000;
    stand.fake.answers.set('/jwks', () => ({ status: 500 }));
    assert.equal((await stand.redeem(by)).subject, 'alice');
    stand.fake.changeKey('key-1');
    await rejectsWith(stand.redeem(by), 'ERR_PROVIDER_UNREACHABLE');
    stand.fake.answers.delete('/jwks');
    stand.now += 10_000;
    assert.equal((await stand.redeem(by)).subject, 'alice');
  });

  const useless: [string, unknown][] = [
    ['a page', '<html>'],
    ['no list', { keys: 'x' }],
    ['null', null],
    ['a key that cannot be read', { keys: [{ kty: 'RSA', kid: 'key-1', n: 'AQAB', e: 'AQAB' }] }],
    ['a private member', { keys: [{ kty: 'EC', kid: 'key-1' }, 7] }],
  ];
  for (const [what, body] of useless) {
    test(`S5: ${what} at jwks_uri: nobody signs in, and it is no fault of ours`, async () => {
      stand.fake.answers.set('/jwks', () => ({ body }));
      await rejectsWith(stand.redeem(by), 'ERR_PROVIDER_ANSWER');
    });
  }
});

describe('access tokens of a provider that changes its key', () => {
  const AUDIENCE = 'urn:visiona:api';
  let tokens: BearerTokens;
  let store: TestStore;
  beforeEach(async () => {
    store = await TestStore.open();
    const { clockToleranceS } = OIDC_POLICY;
    tokens = new BearerTokens({
      provider: by,
      store,
      metrics: new Metrics(),
      audience: AUDIENCE,
      clockToleranceS,
    });
  });
  afterEach(() => store.close());

  let count = 0;
  function token(claims: Record<string, unknown> = {}): Promise<string> {
    count += 1;
    const good = { sub: 'alice', aud: AUDIENCE, client_id: 'script', jti: String(count), ...claims };
    return stand.fake.sign(good, { ...stand.fake.header, typ: 'at+jwt' });
  }

  for (const kid of ['key-1', 'key-2']) {
    test(`S5: the new key is ${kid}: its tokens are good at once`, async () => {
      assert.ok(await tokens.user(await token()));
      stand.fake.changeKey(kid);
      stand.now = 10_000;
      const users = await Promise.all(Array.from({ length: 20 }, async () => tokens.user(await token())));
      assert.ok(users.every((user) => user !== undefined));
      assert.equal(stand.fake.to('/jwks').length, 2);
    });
  }

  test('attack 54, S5: whoever sends forged tokens has the provider asked once in ten seconds, not more', async () => {
    assert.ok(await tokens.user(await token()));
    const before = requests();
    const own = stand.fake.signingKey;
    stand.fake.signingKey = await foreignKey();
    for (let second = 0; second < 60; second++) {
      stand.now = second * 1000;
      for (let i = 0; i < 2; i++) assert.equal(await tokens.user(await token()), undefined);
    }
    stand.fake.header = { alg: 'RS256', kid: 'made up' };
    assert.equal(await tokens.user(await token()), undefined);
    // Five times in the minute, for the document and for the keys.
    assert.equal(requests() - before, 10);
    // Those who sign in are not held up by it.
    stand.fake.signingKey = own;
    stand.fake.changeKey('key-1');
    stand.now += 1000;
    assert.equal((await stand.redeem(by)).subject, 'alice');
  });

  test('S5: while the keys cannot be had, a token that does not fit may be good: 503, and few questions', async () => {
    assert.ok(await tokens.user(await token()));
    stand.fake.answers.set('/jwks', () => ({ status: 500 }));
    stand.now = 10_000;
    const good = await token();
    assert.ok(await tokens.user(good));
    stand.fake.changeKey('key-2');
    for (let i = 0; i < 20; i++) await rejectsWith(tokens.user(await token()), 'ERR_PROVIDER_UNREACHABLE');
    assert.equal(stand.fake.to('/jwks').length, 2);
  });

  const times: [string, number, boolean][] = [
    ['exp', -10, true],
    ['exp', -60, false],
    ['nbf', 8, true],
    ['nbf', 60, false],
    ['iat', 20, true],
    ['iat', 60, false],
    ['auth_time', 20, true],
    ['auth_time', 60, false],
  ];
  for (const [claim, fromNow, isGood] of times) {
    test(`S8: ${claim} ${fromNow} s from now: ${isGood ? '' : 'not '}good, in access and ID tokens`, async () => {
      const claims = { [claim]: Math.floor(Date.now() / 1000) + fromNow };
      assert.equal((await tokens.user(await token(claims))) !== undefined, isGood);
      stand.fake.claims = claims;
      if (isGood) assert.equal((await stand.redeem(by)).subject, 'alice');
      else await rejectsWith(stand.redeem(by), 'ERR_PROVIDER_ANSWER');
      // One setting for all of them.
      assert.equal((await stand.redeem(stand.provider({ clockToleranceS: 120 }))).subject, 'alice');
    });
  }
});
