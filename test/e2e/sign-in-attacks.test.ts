import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Response } from 'undici';
import { type Answer, FakeProvider, foreignKey } from '../auth/fake-provider.js';
import { rawRequest } from '../http/kit.js';
import { until } from '../support/until.js';
import { Person, RestProcess } from './kit/rest-process.js';

const COOKIE = '__Host-visiona_session';
const AUDIENCE = 'https://api.visiona.example';
/** Reserved for a later grant, and so of no effect. */
const SERVICE = {
  OIDC_SERVICE_CLIENT_ID: 'service',
  OIDC_SERVICE_CLIENT_SECRET: 'the-secret-of-a-service',
  OIDC_SERVICE_SCOPE: 'devices',
};

describe('attacks on the sign-in of visiona api-server', () => {
  let provider: FakeProvider;
  let api: RestProcess;
  before(async () => {
    provider = await FakeProvider.start();
    api = await RestProcess.start('api-server', {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: 'visiona',
      OIDC_SCOPES: 'openid profile email offline_access',
      OIDC_AUDIENCE: AUDIENCE,
      ...SERVICE,
    });
  });
  afterEach(() => {
    provider.claims = {};
    provider.answers.clear();
    provider.signingKey = undefined;
    provider.header = { alg: 'RS256', kid: 'key-1' };
    provider.expiresIn = 300;
  });
  after(async () => {
    await api.close();
    await provider.close();
  });

  const tokenRequests = () => provider.to('/token').length;

  /** Goes to the provider. @returns what it brings back when `subject` signs in there */
  async function leave(person: Person, subject = 'alice', returnTo = '/'): Promise<string> {
    const login = await person.get(`/api/auth/login?return_to=${encodeURIComponent(returnTo)}`);
    assert.equal(login.status, 303);
    return provider.signIn(new URL(login.headers.get('location') ?? ''), subject);
  }

  const callback = (person: Person, query: string, init = {}): Promise<Response> =>
    person.browser.fetch(api.url(`/api/auth/callback?${query}`), init);

  async function signIn(person: Person, subject?: string): Promise<Response> {
    return callback(person, await leave(person, subject));
  }

  async function signedIn(subject?: string): Promise<Person> {
    const person = new Person(api);
    assert.equal((await signIn(person, subject)).status, 303);
    return person;
  }

  const code = async (answer: Response) => ((await answer.json()) as { code: string }).code;
  const userId = async (person: Person) => (await person.me()).userId;

  /** Nobody is signed in by it. */
  async function refused(person: Person, answer: Response, statuses: readonly number[]): Promise<void> {
    assert.ok(statuses.includes(answer.status), `${answer.status}`);
    assert.equal(answer.headers.getSetCookie().length, 0);
    assert.equal((await person.get('/api/auth/me')).status, 401);
  }

  test('attack 16: a subject that is nobody is refused', async () => {
    for (const subject of ['', '  ', 'a\0b', 'x'.repeat(3000)]) {
      const person = new Person(api);
      await refused(person, await signIn(person, subject), [502]);
    }
  });

  test('attack 17, 18: users are told apart by issuer and subject, whatever they are called', async () => {
    const subjects = ['__proto__', 'constructor', '../x', 'system', 'anonymous', 'default', 'admin'];
    provider.claims = { email: 'same@example.test', email_verified: true };
    const people = await Promise.all(subjects.map((subject) => signedIn(subject)));
    const ids = await Promise.all(people.map(userId));
    assert.equal(new Set(ids).size, subjects.length);
    provider.claims = { email: 'other@example.test', email_verified: false };
    assert.equal(await userId(await signedIn('admin')), ids[subjects.indexOf('admin')]);
    for (const person of people) {
      assert.deepEqual(((await (await person.get('/api/devices')).json()) as { items: [] }).items, []);
    }
  });

  test('attack 20: another’s userinfo, or another’s tokens at a refresh, end it', async () => {
    provider.answers.set('/userinfo', () => ({ body: { sub: 'mallory', name: 'Mallory' } }));
    const stranger = new Person(api);
    await refused(stranger, await signIn(stranger), [502]);
    provider.answers.clear();
    provider.expiresIn = 0;
    const alice = await signedIn();
    provider.claims = { sub: 'mallory' };
    assert.equal((await alice.get('/api/auth/me')).status, 401);
    provider.claims = {};
    assert.equal((await alice.get('/api/auth/me')).status, 401);
  });

  test('attack 21: a query that no provider sends is 400, and nothing is sent to the provider', async () => {
    const person = new Person(api);
    const query = await leave(person);
    const before = tokenRequests();
    const all = new URLSearchParams(query);
    for (const name of ['state', 'code']) {
      const without = new URLSearchParams([...all].filter(([key]) => key !== name));
      const twice = new URLSearchParams([...all, [name, all.get(name) ?? '']]);
      for (const bad of [without, twice, new URLSearchParams({ ...Object.fromEntries(all), [name]: '' })]) {
        assert.equal((await callback(person, bad.toString())).status, 400, bad.toString());
      }
    }
    assert.equal((await callback(person, query.replace(/state=[^&]*/, 'state=x'))).status, 400);
    for (const iss of ['', '&iss=https%3A%2F%2Fevil.test', `&iss=${all.get('iss')}&iss=${all.get('iss')}`]) {
      const other = new Person(api);
      const answer = await callback(other, (await leave(other)).replace(/&iss=[^&]*/, '') + iss);
      await refused(other, answer, [400]);
    }
    assert.equal(tokenRequests(), before);
    assert.equal((await callback(person, query)).status, 303);
  });

  test('attack 22: what another browser began is 400, and a session there stays', async () => {
    const [attacker, victim] = [new Person(api), await signedIn('victim')];
    const before = await userId(victim);
    for (const person of [victim, new Person(api)]) {
      const answer = await callback(person, await leave(attacker, 'attacker'));
      assert.equal(answer.status, 400);
      assert.equal(answer.headers.getSetCookie().length, 0);
    }
    assert.equal(await userId(victim), before);
  });

  test('attack 24: two tabs, in either order: one signs in, the other is told and goes on', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const person = new Person(api);
      const queries = [await leave(person, 'alice', '/0'), await leave(person, 'alice', '/1')];
      const answers = [];
      for (const tab of order) answers.push(await callback(person, queries[tab] ?? ''));
      const [first, second] = answers;
      assert.deepEqual([first?.status, first?.headers.get('location')], [303, `/${order[0]}`]);
      assert.deepEqual([second?.status, second?.headers.get('refresh')], [400, '0; url=/']);
      assert.equal((await person.get('/api/auth/me')).status, 200);
    }
  });

  test('attack 25: a refusal is told in our words, and the sign-in is over', async () => {
    const person = new Person(api);
    const denied = (await leave(person)).replace(
      /code=[^&]*/,
      'error=access_denied&error_description=%3Cscript%3E',
    );
    const html = { headers: { accept: 'text/html' } };
    const answer = await callback(person, denied, html);
    assert.equal(answer.status, 403);
    assert.doesNotMatch(await answer.text(), /<script>|%3Cscript/);
    assert.equal((await callback(person, denied)).status, 400);
    const wrongState = (await leave(person)).replace(/state=[^&]*/, 'state=x').replace('code', 'error');
    assert.equal((await callback(person, wrongState)).status, 400);
  });

  test('attack 26: only a navigation by GET signs in, from wherever it comes', async () => {
    const person = new Person(api);
    const query = await leave(person);
    const before = tokenRequests();
    for (const method of ['HEAD', 'POST']) {
      assert.equal((await callback(person, query, { method })).status, 405, method);
    }
    const cookie = `${COOKIE}=${person.browser.cookie(COOKIE)}`;
    const navigate = (fields: Record<string, string>) =>
      rawRequest(api.port, `GET /api/auth/callback?${query}`, { cookie, ...fields });
    for (const fields of [
      { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' },
      { origin: 'https://evil.test' },
      { origin: 'null' },
    ]) {
      assert.equal((await navigate(fields)).status, 403);
    }
    assert.equal(tokenRequests(), before);
    const crossSite = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' };
    assert.equal((await navigate(crossSite)).status, 303);
  });

  test('attack 27: what a request says of its host changes no redirect URI', async () => {
    const forged = {
      host: 'evil.test',
      'x-forwarded-host': 'evil.test',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.test;proto=https',
    };
    const login = await rawRequest(api.port, 'GET /api/auth/login', forged);
    const url = new URL(login.headers.get('location')?.[0] ?? '');
    assert.equal(url.searchParams.get('redirect_uri'), api.url('/api/auth/callback'));
    const cookie = login.headers.get('set-cookie')?.[0]?.split(';')[0] ?? '';
    const line = `GET /api/auth/callback?${provider.signIn(url, 'alice')}`;
    assert.equal((await rawRequest(api.port, line, { ...forged, cookie })).status, 303);
    assert.equal(provider.to('/token').at(-1)?.body.get('redirect_uri'), api.url('/api/auth/callback'));
  });

  test('attack 28, 29: an ID token that is forged, for another, or of another time is refused', async () => {
    const now = Math.floor(Date.now() / 1000);
    const foreign = await foreignKey();
    const forgeries: (() => unknown)[] = [
      () => Object.assign(provider, { signingKey: foreign }),
      () => Object.assign(provider, { signingKey: foreign, header: { alg: 'RS256', kid: 'key-2' } }),
      () =>
        Object.assign(provider, {
          signingKey: Buffer.from('visiona'.repeat(5)),
          header: { alg: 'HS256' },
        }),
      ...[
        { nonce: 'x'.repeat(43) },
        { nonce: undefined },
        { aud: 'other' },
        { aud: ['visiona', 'other'] },
        { iss: 'https://evil.test' },
        { exp: now - 3600 },
        { nbf: now + 3600 },
      ].map((claims) => () => Object.assign(provider, { claims })),
    ];
    for (const forge of forgeries) {
      const person = new Person(api);
      const query = await leave(person);
      forge();
      await refused(person, await callback(person, query), [400, 502]);
      Object.assign(provider, { signingKey: undefined, claims: {}, header: { alg: 'RS256', kid: 'key-1' } });
      // The code and the sign-in are used up.
      assert.equal((await callback(person, query)).status, 400);
    }
  });

  test('attack 30: whatever the token endpoint does, the answer comes in time, and the next sign-in works', async () => {
    const answers: [Answer, number][] = [
      [{ body: { access_token: 'a', token_type: 'Bearer' } }, 502],
      [{ headers: { 'content-type': 'text/html' }, body: '<html>' }, 502],
      [{ body: '{"access_token' }, 502],
      [{ status: 302, headers: { location: 'https://evil.test' } }, 502],
      [{ status: 502 }, 503],
      ['cut', 503],
      ['hang', 503],
    ];
    await Promise.all(
      answers.map(async ([answer, status]) => {
        const person = new Person(api);
        const query = await leave(person);
        const secret = new URLSearchParams(query).get('code');
        const others = provider.answers.get('/token') ?? ((request) => provider.standard(request));
        provider.answers.set('/token', (request) =>
          request.body.get('code') === secret ? answer : others(request),
        );
        await refused(person, await callback(person, query), [status]);
      }),
    );
    provider.answers.clear();
    await signedIn();
    assert.doesNotMatch(api.program.output, /unhandled|uncaught/i);
  });

  test('attack 33, 34: nobody is sent elsewhere, or to our API, and only what the login asked for counts', async () => {
    for (const elsewhere of [
      '//evil.test',
      '/\\evil.test',
      '\\\\evil.test',
      '/\t/evil.test',
      '/%09/evil.test',
      ' //evil.test',
      'https:evil.test',
      'javascript:alert(1)',
      'http://us@evil.test',
      '///evil.test',
      '/x\r\nSet-Cookie: a=b',
      '/api/auth/login',
      '/api/auth/logout',
      `/${'x'.repeat(8192)}`,
    ]) {
      const person = new Person(api);
      const answer = await callback(person, `${await leave(person, 'alice', elsewhere)}&return_to=/b`);
      assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/'], elsewhere);
    }
    const person = new Person(api);
    const answer = await callback(person, `${await leave(person, 'alice', '/a')}&return_to=/b`);
    assert.equal(answer.headers.get('location'), '/a');
  });

  test('attack 38: 50 requests at the moment of expiry are one refresh and 50 answers', async () => {
    provider.expiresIn = 0;
    const alice = await signedIn();
    provider.expiresIn = 300;
    const before = tokenRequests();
    const answers = await Promise.all(Array.from({ length: 50 }, () => alice.copy().get('/api/auth/me')));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(tokenRequests(), before + 1);
  });

  test('attack 53: what is reserved for services is accepted and used nowhere; their tokens are no user’s', async () => {
    const header = { alg: 'RS256', kid: 'key-1', typ: 'at+jwt' };
    const claims = { aud: AUDIENCE, client_id: 'service', jti: 'x' };
    const ask = async (token: string) =>
      rawRequest(api.port, 'GET /api/auth/me', { authorization: `Bearer ${token}` });
    // A client's own token has no user, or names the client as its subject (RFC 9068 §2.2).
    for (const own of [claims, { ...claims, sub: 'service' }]) {
      assert.equal((await ask(await provider.sign(own, header))).status, 401);
    }
    assert.equal((await ask(await provider.sign({ ...claims, sub: 'alice' }, header))).status, 200);
    assert.equal((await ask(SERVICE.OIDC_SERVICE_CLIENT_SECRET)).status, 401);
    for (const { body, headers } of provider.to('/token')) {
      assert.notEqual(body.get('grant_type'), 'client_credentials');
      assert.equal(body.get('client_id'), 'visiona');
      assert.equal(headers.authorization, undefined);
    }
    assert.ok(!api.program.output.includes(SERVICE.OIDC_SERVICE_CLIENT_SECRET));
    const body = JSON.stringify({
      grant: 'client_credentials',
      token: 'x',
      device: { name: 'a', model: 'b' },
    });
    const fields = { 'content-type': 'application/json', 'content-length': `${body.length}` };
    const exchanged = await rawRequest(api.port, 'POST /api/pairing/exchange', fields, body);
    assert.deepEqual([exchanged.status, JSON.parse(exchanged.body).code], [400, 'validation']);
  });

  test('attack 13: a store that answers nothing is 503 to whoever has a session, and lets nobody in', async () => {
    const [alice, leaving] = [await signedIn(), new Person(api)];
    const query = await leave(leaving);
    const store = api.program.children;
    for (const pid of store) process.kill(pid, 'SIGSTOP');
    try {
      const answers = await Promise.all([
        alice.get('/api/devices'),
        alice.send('POST', '/api/pairing/tokens', {}),
        callback(leaving, query),
      ]);
      // What was believed of alice's session is over by then; who it is cannot be told.
      for (const { status, url } of answers) assert.equal(status, 503, url);
      assert.equal((await new Person(api).get('/api/devices')).status, 401);
    } finally {
      // Unless its supervisor has ended it by now, as it says nothing.
      for (const pid of api.program.children.filter((each) => store.includes(each)))
        process.kill(pid, 'SIGCONT');
    }
    await until(async () => (await alice.get('/api/auth/me')).status === 200);
  });

  // Last: they start it again with another provider.
  test('attack 31: an issuer with a path must be exactly what its provider says, slash and all', async () => {
    const document = async (issuer: string): Promise<Answer> => {
      const found = await provider.standard({
        path: '/.well-known/openid-configuration',
        headers: {},
        body: new URLSearchParams(),
      });
      assert.ok(typeof found === 'object');
      return { ...found, body: { ...(found.body as object), issuer } };
    };
    for (const slash of ['', '/']) {
      const issuer = `${provider.issuer}/realm${slash}`;
      await api.restart({ OIDC_ISSUER: issuer });
      const well = '/realm/.well-known/openid-configuration';
      provider.answers.set(well, () => document(`${provider.issuer}/realm${slash === '' ? '/' : ''}`));
      const down = await new Person(api).get('/api/auth/login');
      assert.deepEqual([down.status, await code(down)], [502, 'provider-failed'], issuer);
      // Mended meanwhile: no restart is needed.
      provider.answers.set(well, () => document(issuer));
      provider.claims = { iss: issuer };
      const person = new Person(api);
      await until(async () => (await person.get('/api/auth/login')).status === 303);
      const query = new URLSearchParams(await leave(person));
      query.set('iss', issuer);
      assert.equal((await callback(person, query.toString())).status, 303, issuer);
      assert.equal((await person.get('/api/auth/me')).status, 200);
    }
  });

  test('attack 17: the same subject at another issuer is another user', async () => {
    await api.restart({ OIDC_ISSUER: provider.issuer });
    const here = await userId(await signedIn('wanderer'));
    const other = await FakeProvider.start();
    try {
      await api.restart({ OIDC_ISSUER: other.issuer });
      const person = new Person(api);
      const login = await person.get('/api/auth/login');
      const query = other.signIn(new URL(login.headers.get('location') ?? ''), 'wanderer');
      assert.equal((await callback(person, query)).status, 303);
      assert.notEqual(await userId(person), here);
    } finally {
      await other.close();
    }
  });
});
