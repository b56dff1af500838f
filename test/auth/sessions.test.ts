import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { CookieCodec } from '../../src/auth/cookie.js';
import { keys, NEW_SECRET, OLD_SECRET } from './keys.js';
import { type Browser, eventually, Stand } from './stand.js';

const HOUR = 3_600_000;
const LOGOUT = 'POST /api/auth/logout';

let stand: Stand;
beforeEach(async () => {
  stand = await Stand.start();
});
afterEach(() => stand.close());

/** Lets time pass for the store, and forgets what was believed of it. */
function pass(ms: number): void {
  stand.store.now += ms;
  stand.store.report();
}

describe('sign-out', () => {
  test('attack 09: a copied cookie is dead; again is the same; without a cookie it is 401', async () => {
    const browser = await stand.signedIn();
    const copy = browser.cookie;
    const answer = await browser.send(LOGOUT);
    assert.equal(answer.status, 200);
    assert.equal(browser.cookie, undefined);
    assert.match(
      answer.headers.get('set-cookie')?.[0] ?? '',
      /^__Host-visiona_session=; Path=\/; Secure; HttpOnly/,
    );
    assert.equal(await stand.browser(copy).status(), 401);
    assert.equal((await stand.browser(copy).get('/api/devices')).status, 401);
    const again = await stand.browser(copy).send(LOGOUT);
    assert.deepEqual([again.status, JSON.parse(again.body)], [200, { endSessionUrl: null }]);
    assert.equal((await stand.browser().send(LOGOUT)).status, 401);
    assert.equal(stand.store.count('sign_ins'), 0);
  });

  test('the refresh token is revoked, and the provider has its page', async () => {
    const browser = await stand.signedIn();
    const [refreshToken] = stand.provider.refreshTokens.keys();
    const { endSessionUrl } = JSON.parse((await browser.send(LOGOUT)).body);
    const url = new URL(endSessionUrl);
    assert.equal(url.origin + url.pathname, `${stand.provider.issuer}/logout`);
    assert.equal(url.searchParams.get('post_logout_redirect_uri'), `${stand.origin}/`);
    assert.match(url.searchParams.get('id_token_hint') ?? '', /^eyJ/);
    await eventually(() => stand.provider.revoked.length === 1);
    assert.deepEqual(stand.provider.revoked, [refreshToken]);
  });

  test('it does not depend on the provider', async () => {
    const browser = await stand.signedIn();
    const copy = browser.cookie;
    await stand.provider.close();
    assert.equal((await browser.send(LOGOUT)).status, 200);
    assert.equal(await stand.browser(copy).status(), 401);
    await stand.provider.listen();
  });

  test('attack 35, 36, 37: a page that is not ours signs nobody out', async () => {
    const browser = await stand.signedIn();
    const { origin } = stand;
    const other = origin.replace(/\d+$/, (port) => String(Number(port) ^ 1));
    for (const fields of [
      { 'x-visiona-csrf': '' },
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { origin: other },
      { 'x-visiona-csrf': '', 'content-type': 'text/plain' },
    ]) {
      assert.equal((await browser.send(LOGOUT, fields)).status, 403, JSON.stringify(fields));
    }
    assert.equal((await browser.get('/api/auth/logout')).status, 405);
    assert.equal(await browser.status(), 200);
    assert.equal((await browser.send(LOGOUT, { origin: '' })).status, 200);
  });

  test('attack 07: a pending cookie signs nothing out', async () => {
    const browser = stand.browser();
    const query = await browser.leave();
    assert.equal((await browser.send(LOGOUT)).status, 401);
    assert.equal((await browser.callback(query)).status, 303);
  });
});

describe('sessions: how long they last', () => {
  test('attack 11: idle for 8 hours ends it, and asking who one is does not extend it', async () => {
    const browser = await stand.signedIn();
    pass(8 * HOUR - 1);
    assert.equal(await browser.status(), 200);
    pass(1);
    assert.equal(await browser.status(), 401);
    assert.ok(!stand.store.calls.includes('touchSignIn'));
  });

  test('a request that a page makes by itself, as it says, does not extend it', async () => {
    const { store } = stand;
    store.now -= 2 * 60_000;
    const browser = await stand.signedIn();
    for (const path of ['/api/devices', '/api/devices/cam-1/system', '/api/nothing']) {
      await browser.get(path, { 'x-visiona-passive': '1' });
    }
    assert.ok(!store.calls.includes('touchSignIn'));
    await browser.get('/api/devices', { 'x-visiona-passive': '0' });
    await eventually(() => store.calls.includes('touchSignIn'));
  });

  test('attack 11: use extends it, written once a minute; a week ends it in any case', async () => {
    const { store } = stand;
    // The API's clock is ahead, so that every use is due to be written.
    store.now -= 8 * 24 * HOUR;
    const browser = await stand.signedIn();
    store.sql('UPDATE sign_ins SET expires_at = ?', store.now + 7 * 24 * HOUR);
    const lastUsedAt = () => store.rows<{ last_used_at: number }>('sign_ins')[0]?.last_used_at;
    for (let hours = 7; hours < 7 * 24; hours += 7) {
      pass(7 * HOUR);
      const before = store.calls.filter((name) => name === 'touchSignIn').length;
      assert.equal((await browser.get('/api/devices')).status, 200);
      await eventually(() => lastUsedAt() === store.now);
      assert.equal(store.calls.filter((name) => name === 'touchSignIn').length, before + 1);
    }
    pass(7 * HOUR);
    assert.equal((await browser.get('/api/devices')).status, 401);
  });

  test('a use within a minute is not written', async () => {
    const browser = await stand.signedIn();
    for (let i = 0; i < 5; i++) await browser.get('/api/devices');
    assert.ok(!stand.store.calls.includes('touchSignIn'));
  });

  test('the store is asked once a second for one cookie', async () => {
    const browser = await stand.signedIn();
    await Promise.all(Array.from({ length: 50 }, () => browser.status()));
    assert.ok(stand.store.calls.filter((name) => name === 'findSignIn').length <= 2);
  });

  test('attack 13: what the store holds is garbage: 401', async () => {
    const browser = await stand.signedIn();
    const [row] = stand.store.rows<{ sealed: string }>('sign_ins');
    for (const sealed of ['', 'x', `${keys.current.kid}.AAAA`, row?.sealed.slice(0, -2) ?? '']) {
      stand.store.sql('UPDATE sign_ins SET sealed = ?', sealed);
      stand.store.report();
      assert.equal(await browser.status(), 401);
    }
  });
});

describe('sessions: keys', () => {
  test('attack 10: an answer that is under way at the sign-out does not bring the cookie back', async () => {
    const { store, provider } = stand;
    const old = await Stand.start({ store, provider, secrets: [OLD_SECRET] });
    const both = await Stand.start({ store, provider, secrets: [NEW_SECRET, OLD_SECRET] });
    try {
      for (const step of ['claimRefresh', 'resealSignIn'] as const) {
        const { cookie } = await old.signedIn();
        // The request of the first tab is past every check when the second tab signs out.
        store.before.set(step, async () => {
          store.before.delete(step);
          assert.equal((await both.browser(cookie).send(LOGOUT, { origin: both.origin })).status, 200);
        });
        const late = await both.browser(cookie).get('/api/auth/me');
        assert.deepEqual([late.status, late.headers.get('set-cookie')], [401, undefined], step);
      }
    } finally {
      old.rest.close();
      both.rest.close();
    }
  });

  test('attack 12, 10: an old key is accepted; only /me signs anew; a removed key is 401', async () => {
    const { store, provider } = stand;
    const old = await Stand.start({ store, provider, secrets: [OLD_SECRET] });
    const both = await Stand.start({ store, provider, secrets: [NEW_SECRET, OLD_SECRET] });
    try {
      const { cookie } = await old.signedIn();
      const browser = both.browser(cookie);
      const devices = await browser.get('/api/devices');
      assert.deepEqual([devices.status, devices.headers.get('set-cookie')], [200, undefined]);
      assert.equal(await stand.browser(cookie).status(), 401);
      assert.equal(await browser.status(), 200);
      assert.notEqual(browser.cookie, cookie);
      const [before, after] = [old, stand].map((each) => each.browser(browser.cookie));
      assert.equal(await before?.status(), 401, 'the old key never reads what the new one signs');
      assert.equal(await after?.status(), 200, 'the old key may be taken away now');
      const signedOut = both.browser(cookie);
      assert.equal((await browser.send(LOGOUT, { origin: both.origin })).status, 200);
      const late = await signedOut.get('/api/auth/me');
      assert.deepEqual([late.status, late.headers.get('set-cookie')], [401, undefined]);
    } finally {
      old.rest.close();
      both.rest.close();
    }
  });
});

describe('sessions: the list', () => {
  const list = async (browser: Browser, query = '') =>
    JSON.parse((await browser.get(`/api/auth/sessions${query}`)).body);

  test("where one is signed in, of oneself only, and which one this is; another's cannot be ended", async () => {
    const [first, second, bob] = [
      await stand.signedIn(),
      await stand.signedIn(),
      await stand.signedIn('bob'),
    ];
    await first.ask('GET /api/auth/me', { 'user-agent': 'x' });
    const { items } = await list(first);
    assert.equal(items.length, 2);
    assert.deepEqual(
      items.map(({ current }: { current: boolean }) => current),
      [true, false],
    );
    assert.equal(items[0].remoteAddr, '127.0.0.1');
    assert.equal(Date.parse(items[0].expiresAt) > Date.now(), true);
    assert.doesNotMatch(JSON.stringify(items), /sealed|cookie|userId/);
    const page = await list(first, '?limit=1');
    assert.deepEqual((await list(first, `?limit=1&cursor=${page.nextCursor}`)).items, [items[1]]);

    const path = `DELETE /api/auth/sessions/${items[1].sessionId}`;
    assert.equal((await bob.send(path)).status, 404);
    assert.equal((await first.ask(path)).status, 403);
    assert.equal(await second.status(), 200);
    assert.equal((await first.send(path)).status, 204);
    assert.equal(await second.status(), 401);
    assert.equal((await first.send(path)).status, 404);
    assert.equal((await first.send(`DELETE /api/auth/sessions/${items[0].sessionId}`)).status, 204);
    assert.equal(first.cookie, undefined);
    assert.equal(await bob.status(), 200);
  });

  test('one that another process ended is out as soon as the store says so, and within a second', async () => {
    const browser = await stand.signedIn();
    assert.equal(await browser.status(), 200);
    stand.store.dropSignIns();
    stand.store.report();
    assert.equal(await browser.status(), 401);
  });
});

test('no cookie of ours makes a session that the store does not have', async () => {
  const codec = new CookieCodec(keys);
  const cookie = codec.set(codec.create('session'), 60).split(';')[0];
  assert.equal(await stand.browser(cookie).status(), 401);
});
