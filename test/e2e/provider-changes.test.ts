import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fetch } from 'undici';
import { FakeProvider } from '../auth/fake-provider.js';
import { until } from '../support/until.js';
import { Person, RestProcess } from './kit/rest-process.js';

const AUDIENCE = 'urn:visiona:api';

describe('a provider that changes under a process that runs', () => {
  let provider: FakeProvider;
  let api: RestProcess;
  before(async () => {
    provider = await FakeProvider.start();
    api = await RestProcess.start('up', {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: 'visiona',
      OIDC_AUDIENCE: AUDIENCE,
      OIDC_DISCOVERY_REFRESH: '86400',
      OIDC_SCOPES: 'openid offline_access',
      OIDC_CONSENT: 'never',
      OIDC_CLOCK_TOLERANCE: '60',
    });
  });
  after(async () => {
    await api.close();
    await provider.close();
  });

  async function login(person: Person): Promise<URL> {
    return new URL((await person.get('/api/auth/login')).headers.get('location') ?? '');
  }

  /** To the provider and back. @returns the status of the callback */
  async function signIn(person: Person): Promise<number> {
    const query = provider.signIn(await login(person), 'alice');
    return (await person.get(`/api/auth/callback?${query}`)).status;
  }

  async function withToken(): Promise<number> {
    const claims = { sub: 'alice', aud: AUDIENCE, client_id: 'script', jti: String(Math.random()) };
    const token = await provider.sign(claims, { ...provider.header, typ: 'at+jwt' });
    const answer = await fetch(api.url('/api/auth/me'), { headers: { authorization: `Bearer ${token}` } });
    await answer.body?.cancel();
    return answer.status;
  }

  test('S9: consent is not asked for', async () => {
    const { searchParams } = await login(new Person(api));
    assert.deepEqual(
      [searchParams.get('prompt'), searchParams.get('scope')],
      [null, 'openid offline_access'],
    );
  });

  test('S8: a clock that is 50 s ahead signs people in', async () => {
    provider.claims = { nbf: Math.floor(Date.now() / 1000) + 50 };
    assert.equal(await signIn(new Person(api)), 303);
    provider.claims = {};
  });

  test('S3: userinfo says 403: people sign in, and the log says so once', async () => {
    provider.answers.set('/userinfo', () => ({ status: 403 }));
    const alice = new Person(api);
    assert.equal(await signIn(alice), 303);
    assert.equal((await alice.me()).name, null);
    const line = await api.program.line("the OpenID provider did not tell a user's name");
    assert.match(String(line.problem), /status 403/);
    assert.ok(!api.program.output.includes('at-alice'));
    provider.answers.delete('/userinfo');
  });

  test('S4: its endpoints move: people sign in, without a restart, and long before the document is old', async () => {
    for (const path of ['/token', '/userinfo', '/revoke']) provider.moved.set(path, `/v2${path}`);
    await until(async () => (await signIn(new Person(api))) === 303);
    const alice = new Person(api);
    assert.equal(await signIn(alice), 303);
    assert.equal((await alice.me()).name, 'Somebody');
    await alice.send('POST', '/api/auth/logout');
    await until(async () => provider.to('/v2/revoke').length > 0);
  });

  for (const kid of ['key-1', 'key-2']) {
    test(`S5: a new key, whose id is ${kid}: people sign in and tokens are good, without a restart`, async () => {
      assert.equal(await withToken(), 200);
      provider.changeKey(kid);
      await until(async () => (await signIn(new Person(api))) === 303);
      await until(async () => (await withToken()) === 200);
    });
  }

  test('S4: where people sign in and out moves: the document is asked for again when it is old', async () => {
    await api.restart({ OIDC_DISCOVERY_REFRESH: '1' });
    const alice = new Person(api);
    assert.equal(await signIn(alice), 303);
    for (const path of ['/authorize', '/logout', '/jwks']) provider.moved.set(path, `/v2${path}`);
    await until(async () => (await login(new Person(api))).pathname === '/v2/authorize');
    assert.equal(await signIn(new Person(api)), 303);
    const answer = (await (await alice.send('POST', '/api/auth/logout')).json()) as { endSessionUrl: string };
    assert.equal(new URL(answer.endSessionUrl).pathname, '/v2/logout');
  });

  test('S6: its document loses the authorization endpoint: the one before stays in use, and the log says what is wrong', async () => {
    provider.metadata = { authorization_endpoint: '' };
    await until(async () => {
      assert.equal(await signIn(new Person(api)), 303);
      return api.program.output.includes('the authorization_endpoint in its discovery document is');
    });
    await api.restart();
    const answer = await new Person(api).get('/api/auth/login');
    assert.equal(answer.status, 502);
    assert.equal(((await answer.json()) as { code: string }).code, 'provider-failed');
    provider.metadata = {};
    await until(async () => (await new Person(api).get('/api/auth/login')).status === 303);
  });
});
