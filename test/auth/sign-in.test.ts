import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { COOKIE_NAME, CookieCodec } from '../../src/auth/cookie.js';
import { AWAY } from '../support/test-store.js';
import { keys, oldKeys } from './keys.js';
import { Browser, code, eventually, location, Stand } from './stand.js';

let stand: Stand;
beforeEach(async () => {
  stand = await Stand.start();
});
afterEach(() => stand.close());

const tokenRequests = () => stand.provider.to('/token').length;

describe('sign-in', () => {
  test('to the provider and back: a session, and who it is', async () => {
    const browser = stand.browser();
    const answer = await browser.signIn('alice', '/devices?x=1');
    assert.equal(location(answer), '/devices?x=1');
    const me = await browser.me();
    assert.deepEqual(
      { ...me, userId: '', sessionId: '' },
      {
        userId: '',
        sessionId: '',
        via: 'session',
        name: 'Somebody',
        email: null,
        cliFlags: null,
      },
    );
    assert.equal(me.userId, await stand.store.findUser(stand.provider.issuer, 'alice'));
  });

  test('attack 33: where it goes afterwards is one of our pages, or "/"', async () => {
    for (const elsewhere of [
      'https://evil.test',
      '//evil.test',
      '/\\evil.test',
      '/api/auth/logout',
      undefined,
    ]) {
      assert.equal(location(await stand.browser().signIn('alice', elsewhere)), '/', elsewhere);
    }
  });

  test('attack 34: only what was asked at the login counts', async () => {
    const browser = stand.browser();
    const query = await browser.leave('alice', '/a');
    assert.equal(location(await browser.callback(`${query}&return_to=/b`)), '/a');
  });

  test('attack 17, 18: users are told apart by issuer and subject, and by nothing else', async () => {
    const ids = new Set<unknown>();
    const subjects = ['__proto__', 'constructor', 'system', 'anonymous', 'default', 'admin', 'Admin', '../x'];
    stand.provider.claims = { email: 'same@example.test', email_verified: false };
    for (const subject of subjects) ids.add((await (await stand.signedIn(subject)).me()).userId);
    assert.equal(ids.size, subjects.length);
    const before = (await (await stand.signedIn('default')).me()).userId;
    stand.provider.claims = { email: 'other@example.test' };
    const after = await (await stand.signedIn('default')).me();
    assert.deepEqual([after.userId, after.email], [before, 'other@example.test']);
    const elsewhere = await Stand.start({ store: stand.store });
    try {
      assert.notEqual((await (await elsewhere.signedIn('default')).me()).userId, before);
    } finally {
      await elsewhere.close();
    }
  });

  test('attack 14, 15: the cookie as browsers want it, nothing is cached, nothing secret is in URLs or answers', async () => {
    const browser = stand.browser();
    const login = await browser.get('/api/auth/login');
    const callback = await browser.callback(stand.provider.signIn(new URL(location(login)), 'alice'));
    const me = await browser.get('/api/auth/me');
    for (const answer of [login, callback, me]) {
      assert.deepEqual(answer.headers.get('cache-control'), ['no-store']);
      for (const cookie of answer.headers.get('set-cookie') ?? []) {
        assert.match(
          cookie,
          /^__Host-visiona_session=v1\.[^;]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=\d+$/,
        );
      }
    }
    assert.equal(callback.headers.get('set-cookie')?.length, 1);
    assert.equal(callback.body, '');
    assert.doesNotMatch(me.body, /token|at-|rt-|eyJ/);
    const [, , , id = ''] = browser.cookie?.split('.') ?? [];
    assert.ok(!me.body.includes(id));
  });

  test('attack 15: no code, state, verifier, nonce, token or cookie is in any log line', async () => {
    const browser = stand.browser();
    const login = await browser.get('/api/auth/login');
    const asked = new URL(location(login)).searchParams;
    const pendingCookie = browser.cookie ?? '';
    const query = stand.provider.signIn(new URL(location(login)), 'alice');
    await browser.callback(query);
    stand.provider.answers.set('/token', () => ({ status: 400, body: { error: 'invalid_client' } }));
    await stand.browser().callback(await stand.browser().leave());
    const other = stand.browser();
    await other.callback(await other.leave());
    stand.store.fault = AWAY;
    await other.get('/api/auth/login');
    const text = stand.lines.join('');
    assert.match(text, /a user signed in/);
    assert.match(
      text,
      /a sign-in failed at the OpenID provider.*ERR_PROVIDER_REFUSED|ERR_PROVIDER_REFUSED.*a sign-in failed/,
    );
    const verifier = stand.provider.to('/token')[0]?.body.get('code_verifier');
    const code = new URLSearchParams(query).get('code');
    const secrets = [asked.get('state'), asked.get('nonce'), verifier, code, 'rt-', 'at-alice', 'eyJ'];
    for (const secret of [...secrets, pendingCookie.split('.')[3], browser.cookie?.split('.')[3]]) {
      assert.ok(secret && !text.includes(secret), `${secret} is in ${text}`);
    }
  });
});

describe('sign-in: the callback', () => {
  test('attack 21: malformed queries are 400 and nothing is sent to the provider', async () => {
    const browser = stand.browser();
    const query = new URLSearchParams(await browser.leave());
    const [state, secret, iss] = ['state', 'code', 'iss'].map((name) => query.get(name) ?? '');
    const i = `iss=${encodeURIComponent(iss ?? '')}`;
    for (const bad of [
      '',
      `code=${secret}&${i}`,
      `state=${state}&${i}`,
      `state=wrong&code=${secret}&${i}`,
      `state=&code=${secret}&${i}`,
      `state=${state}&code=&${i}`,
      `state=${state}&code=&error=&${i}`,
      `state=${state}&state=${state}&code=${secret}&${i}`,
      `state=${state}&code=${secret}&code=${secret}&${i}`,
      `state=${state}&code=${secret}&error=access_denied&${i}`,
      `state=${state}&code=${secret}&${i}&${i}`,
    ]) {
      assert.equal((await browser.callback(bad)).status, 400, bad);
    }
    assert.equal(tokenRequests(), 0);
    // None of it cost the browser its sign-in.
    assert.equal((await browser.callback(query.toString())).status, 303);
  });

  for (const [what, iss] of [
    ['missing', ''],
    ['wrong', '&iss=https%3A%2F%2Fevil.test'],
  ]) {
    test(`attack 21: an issuer that is ${what} is 400 and nothing is sent to the provider`, async () => {
      const browser = stand.browser();
      const query = await browser.leave();
      const answer = await browser.callback(query.replace(/&iss=[^&]*/, '') + iss);
      assert.deepEqual([answer.status, code(answer), tokenRequests()], [400, 'sign-in-failed', 0]);
    });
  }

  test('attack 22: without the cookie, from another browser, or too late: 400, and a session there stays', async () => {
    const attacker = stand.browser();
    const victim = await stand.signedIn('victim');
    const before = await victim.me();
    const sent = tokenRequests();
    for (const other of [stand.browser(), victim, new Browser(stand, `${COOKIE_NAME}=x`)]) {
      const answer = await other.callback(await attacker.leave('attacker'));
      assert.deepEqual([answer.status, code(answer)], [400, 'sign-in-failed']);
      assert.equal(answer.headers.get('set-cookie'), undefined);
    }
    assert.deepEqual(await victim.me(), before);
    const late = await attacker.leave('attacker');
    stand.store.now += 11 * 60_000;
    assert.equal((await attacker.callback(late)).status, 400);
    assert.equal(tokenRequests(), sent);
  });

  test('attack 23: the same URL again is 400, leaves the session, and goes on to our pages', async () => {
    const browser = stand.browser();
    const query = await browser.leave();
    await browser.callback(query);
    const again = await browser.callback(query);
    assert.deepEqual([again.status, again.headers.get('refresh')], [400, ['0; url=/']]);
    assert.equal(await browser.status(), 200);
    assert.equal((await stand.browser().callback(query)).headers.get('refresh'), undefined);
  });

  test('attack 23: the same URL many times at once signs in once', async () => {
    const browser = stand.browser();
    const query = await browser.leave();
    const cookie = browser.cookie;
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => stand.browser(cookie).callback(query)),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, ...Array(9).fill(400)]);
    assert.equal(stand.store.count('sign_ins'), 1);
    assert.equal(tokenRequests(), 1);
  });

  test('attack 24: two tabs, in either order: one signs in, and the other goes on to our pages', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const browser = stand.browser();
      const queries = [await browser.leave(), await browser.leave()];
      const answers = [];
      for (const at of order) answers.push(await browser.callback(queries[at] ?? ''));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [303, 400],
      );
      assert.deepEqual(answers[1]?.headers.get('refresh'), ['0; url=/']);
      assert.equal(await browser.status(), 200);
    }
  });

  test('attack 24: a browser that is signed in signs in again in two tabs', async () => {
    const browser = await stand.signedIn();
    const first = browser.cookie;
    const queries = [await browser.leave('bob', '/1'), await browser.leave('bob', '/2')];
    assert.equal(browser.cookie, first, 'its cookie stays until it is back');
    assert.equal(location(await browser.callback(queries[1] ?? '')), '/2');
    assert.equal(await browser.status(), 200);
  });

  test('attack 24: of many tabs any may come back, and there is still one cookie', async () => {
    const browser = stand.browser();
    const queries: string[] = [];
    for (let i = 0; i < 20; i++) queries.push(await browser.leave());
    assert.ok((browser.cookie?.length ?? 0) < 200);
    assert.equal((await browser.callback(queries[7] ?? '')).status, 303);
    assert.equal(await browser.status(), 200);
    assert.equal((await browser.callback(queries[8] ?? '')).status, 400);
  });

  test('attack 25: refused at the provider: a fixed answer, and the sign-in is over', async () => {
    const browser = stand.browser();
    const denied = (await browser.leave()).replace(
      /code=[^&]*/,
      'error=access_denied&error_description=<script>',
    );
    const answer = await browser.callback(denied);
    assert.deepEqual([answer.status, code(answer)], [403, 'sign-in-denied']);
    assert.doesNotMatch(answer.body + stand.lines.join(''), /script|ProviderError|"stack"/);
    assert.equal((await browser.callback(denied)).status, 400);
    const wrongState = (await browser.leave())
      .replace(/state=[^&]*/, 'state=x')
      .replace(/code=[^&]*/, 'error=access_denied');
    assert.equal((await browser.callback(wrongState)).status, 400);
  });

  test('attack 26: HEAD, POST, a frame or a foreign page signs nobody in; coming from another site does', async () => {
    const browser = stand.browser();
    const query = await browser.leave();
    const line = `/api/auth/callback?${query}`;
    assert.equal((await browser.ask(`HEAD ${line}`)).status, 405);
    assert.equal((await browser.ask(`POST ${line}`, { 'content-length': '0' })).status, 405);
    for (const fields of [
      { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' },
      { 'sec-fetch-dest': 'image' },
      { origin: 'https://evil.test' },
      { origin: 'null' },
    ]) {
      assert.equal((await browser.callback(query, fields)).status, 403);
    }
    assert.equal(tokenRequests(), 0);
    const navigation = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-dest': 'document',
      'sec-fetch-mode': 'navigate',
    };
    assert.equal((await browser.callback(query, navigation)).status, 303);
  });

  test('a forced GET of the login by a page is refused, and keeps nothing', async () => {
    for (const fields of [
      { 'sec-fetch-dest': 'image' },
      { 'sec-fetch-dest': 'iframe' },
      { origin: 'https://e.test' },
    ]) {
      assert.equal((await stand.browser().get('/api/auth/login', fields)).status, 403);
    }
    assert.equal((await stand.browser().ask('HEAD /api/auth/login')).status, 405);
    assert.deepEqual(stand.store.calls, []);
  });

  test('attack 27: forged hosts change no redirect URI', async () => {
    const browser = stand.browser();
    const fields = {
      host: 'evil.test',
      'x-forwarded-host': 'evil.test',
      'x-forwarded-proto': 'https',
      forwarded: 'host=e',
    };
    const login = await browser.get('/api/auth/login', fields);
    const url = new URL(location(login));
    assert.equal(url.searchParams.get('redirect_uri'), `${stand.origin}/api/auth/callback`);
    await browser.callback(stand.provider.signIn(url, 'alice'), fields);
    assert.equal(
      stand.provider.to('/token')[0]?.body.get('redirect_uri'),
      `${stand.origin}/api/auth/callback`,
    );
    assert.equal(await browser.status(), 200);
  });

  test('attack 16, 28, 29, 30: what the provider answers wrongly is 502 or 503, and no session', async () => {
    const { provider } = stand;
    const tries: [number, () => unknown][] = [
      [502, () => provider.answers.set('/token', () => ({ status: 401, body: { error: 'invalid_client' } }))],
      [502, () => provider.answers.set('/token', () => ({ body: '<html>' }))],
      [503, () => provider.answers.set('/token', () => ({ status: 500 }))],
      [503, () => provider.answers.set('/token', () => 'cut')],
      [502, () => provider.answers.delete('/token') && Object.assign(provider.claims, { nonce: 'x' })],
    ];
    for (const [status, arrange] of tries) {
      const browser = stand.browser();
      const query = await browser.leave();
      arrange();
      const answer = await browser.callback(query);
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get('set-cookie'), undefined);
      assert.equal(await browser.status(), 401);
      // It was used up: whoever comes again starts again.
      assert.equal((await browser.callback(query)).status, 400);
    }
    provider.claims = {};
    const blank = stand.browser();
    assert.equal((await blank.callback(await blank.leave('   '))).status, 502);
    assert.equal(stand.store.count('sign_ins'), 0);
  });

  test('attack 07: a session cookie brings back no sign-in of another, a pending cookie is no session', async () => {
    const browser = stand.browser();
    const query = await browser.leave();
    const pending = browser.cookie ?? '';
    assert.match(pending, /\.pending\./);
    assert.equal(await browser.status(), 401);
    const other = await stand.signedIn();
    assert.equal((await other.callback(query)).status, 400);
    // Even if the store held a session under it.
    const hash = new CookieCodec(keys).read(pending)?.hash;
    stand.store.sql('UPDATE sign_ins SET cookie_hash = ?', hash ?? '');
    assert.equal(await browser.status(), 401);
    assert.equal(await new Browser(stand, pending.replace('.pending.', '.session.')).status(), 401);
  });
});

describe('sign-in: fixation', () => {
  test("attack 08: an attacker's pending or signed-in cookie is worth nothing after the sign-in", async () => {
    const attacker = await stand.signedIn('attacker');
    const anonymous = stand.browser();
    await anonymous.leave();
    for (const planted of [attacker.cookie, anonymous.cookie]) {
      const victim = stand.browser(planted);
      await victim.signIn('victim');
      assert.notEqual(victim.cookie, planted);
      assert.equal(await stand.browser(planted).status(), 401);
      assert.equal(await victim.status(), 200);
    }
  });

  test('attack 08: the same user again gets another id, and the old session is over', async () => {
    const browser = await stand.signedIn();
    const old = browser.cookie;
    assert.equal(await browser.status(), 200);
    await browser.signIn();
    assert.notEqual(browser.cookie, old);
    assert.equal(await stand.browser(old).status(), 401);
    assert.equal(stand.store.count('sign_ins'), 1);
  });
});

describe('sign-in: bounds and outages', () => {
  test('attack 31: the provider is down, then up', async () => {
    await stand.provider.close();
    const answer = await stand.browser().get('/api/auth/login');
    assert.deepEqual([answer.status, code(answer)], [503, 'provider-unreachable']);
    assert.deepEqual(answer.headers.get('retry-after'), ['5']);
    await stand.provider.listen();
    const deadline = Date.now() + 10_000;
    for (;;) {
      const again = await stand.browser().get('/api/auth/login');
      if (again.status === 303) break;
      assert.ok(Date.now() < deadline);
      await delay(25);
    }
    assert.equal(await (await stand.signedIn()).status(), 200);
  });

  test('attack 57, S11: a sign-in that is begun keeps nothing here: no flood of them fills anything', async () => {
    const first = stand.browser();
    const query = await first.leave('alice', '/first');
    for (let i = 0; i < 250; i++) await stand.browser().leave();
    assert.deepEqual(stand.store.callsButAttempts, []);
    const last = stand.browser();
    assert.equal((await last.signIn('bob')).status, 303);
    assert.equal(location(await first.callback(query)), '/first');
  });

  test('S11: a browser that never got the cookie of its sign-in begins another, and is signed in', async () => {
    for (const browser of [stand.browser(), await stand.signedIn()]) {
      const query = await browser.leave();
      await stand.browser(browser.cookie).callback(query);
      await browser.signIn();
      assert.equal(await browser.status(), 200);
    }
  });

  test('S11: what a browser takes with it is short, and says nothing: not where it goes, nor what proves it', async () => {
    for (const [returnTo, kept] of [
      [`/${'x'.repeat(511)}`, true],
      [`/${'x'.repeat(512)}`, false],
    ] as const) {
      const browser = stand.browser();
      const login = await browser.get(`/api/auth/login?return_to=${returnTo}`);
      const url = new URL(location(login));
      const state = url.searchParams.get('state') ?? '';
      // The alphabet and length that every provider takes.
      assert.match(state, /^[A-Za-z0-9._-]{1,1024}$/);
      const bytes = Buffer.from(state.split('.')[1] ?? '', 'base64url').toString('latin1');
      for (const secret of ['verifier', 'xxxx', url.searchParams.get('nonce') ?? '']) {
        assert.ok(!bytes.includes(secret) && !state.includes(secret));
      }
      const answer = await browser.callback(stand.provider.signIn(url, 'alice'));
      assert.equal(location(answer), kept ? returnTo : '/');
    }
  });

  test('attack 56, S11: a state that was changed, or is of another key, purpose or browser, is 400, and nothing is asked', async () => {
    const browser = stand.browser();
    const query = new URLSearchParams(await browser.leave());
    const state = query.get('state') ?? '';
    const session = await stand.signedIn();
    const before = stand.store.calls.length;
    const sent = tokenRequests();
    for (const bad of [
      state.slice(0, -1),
      state.slice(0, -1) + (state.endsWith('A') ? 'B' : 'A'),
      state.replace(/^[^.]*/, 'AAAAAAAA'),
      `${state}A`,
      stand.store.rows<{ sealed: string }>('sign_ins')[0]?.sealed ?? '',
      new URLSearchParams(await stand.browser().leave()).get('state') ?? '',
      oldKeys.current.kid,
      '.',
    ]) {
      query.set('state', bad);
      assert.equal((await browser.callback(query.toString())).status, 400, bad);
    }
    query.set('state', state);
    assert.equal((await session.callback(query.toString())).status, 400);
    const asked = stand.store.calls.slice(before);
    assert.ok(!asked.includes('spendState') && tokenRequests() === sent);
    assert.equal((await browser.callback(query.toString())).status, 303);
  });

  test('B2: a user who signs in without end is told to wait, and keeps the session; others are signed in', async () => {
    await stand.close();
    stand = await Stand.start({ userWrites: 3 });
    const browser = stand.browser();
    for (let i = 0; i < 3; i++) await browser.signIn();
    const refused = await browser.callback(await browser.leave(), { accept: 'text/html' });
    assert.equal(refused.status, 429);
    assert.match(refused.headers.get('retry-after')?.[0] ?? '', /^[1-9]\d?$/);
    assert.match(refused.body, /Too many sign-ins/);
    assert.equal(stand.store.calls.filter((name) => name === 'beginSignIn').length, 3);
    assert.equal(await browser.status(), 200);
    assert.equal(await (await stand.signedIn('bob')).status(), 200);
    // What this browser was not signed in by may be of the grant that its session is by.
    assert.deepEqual(stand.provider.revoked, []);
    const elsewhere = stand.browser();
    assert.equal((await elsewhere.callback(await elsewhere.leave())).status, 429);
    await eventually(() => stand.provider.revoked.length === 1);
  });

  test('one address begins 300 sign-ins a minute, with whatever cookies it has collected', async () => {
    const known = stand.browser();
    await known.leave();
    for (let i = 1; i < 300; i++) await stand.browser(known.cookie).leave();
    const kept = stand.store.calls.length;
    for (const browser of [stand.browser(), known]) {
      const refused = await browser.get('/api/auth/login');
      assert.equal(refused.status, 429);
      assert.match(refused.headers.get('retry-after')?.[0] ?? '', /^[1-9]\d?$/);
    }
    assert.equal(stand.store.calls.length, kept);
  });

  test('attack 13: the store is down: 503 everywhere, and nobody is let in', async () => {
    const browser = await stand.signedIn();
    const leaving = stand.browser();
    const query = await leaving.leave();
    stand.store.fault = AWAY;
    for (const path of ['/api/auth/login', '/api/auth/me', '/api/devices']) {
      assert.equal((await browser.get(path)).status, 503, path);
    }
    assert.equal((await leaving.callback(query)).status, 503);
    stand.store.fault = undefined;
    assert.equal(await browser.status(), 200);
  });
});
