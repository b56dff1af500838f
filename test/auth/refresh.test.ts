import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { StoreError, StoreUnavailableError } from '../../src/store/ports/errors.js';
import { AWAY } from '../support/test-store.js';
import { type Answer, foreignKey, type Received } from './fake-provider.js';
import { type Browser, eventually, Stand } from './stand.js';

let stand: Stand;
beforeEach(async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  stand = await Stand.start();
});
afterEach(async () => {
  mock.timers.reset();
  await stand.close();
});

/** Signed in, with tokens that have run out. */
async function due(subject = 'alice'): Promise<Browser> {
  stand.provider.expiresIn = 0;
  const browser = await stand.signedIn(subject);
  stand.provider.expiresIn = 300;
  return browser;
}

const isRefresh = ({ body }: Received) => body.get('grant_type') === 'refresh_token';
const sealed = () => stand.store.rows<{ sealed: string }>('sign_ins')[0]?.sealed;
const refreshes = () => stand.provider.to('/token').filter(isRefresh).length;

/** Answers the refreshes of one user otherwise. */
function answerRefreshes(subject: string, answer: (received: Received) => Answer | Promise<Answer>): void {
  const { provider } = stand;
  provider.answers.set('/token', (received) => {
    const owner = provider.refreshTokens.get(received.body.get('refresh_token') ?? '');
    return isRefresh(received) && owner === subject ? answer(received) : provider.standard(received);
  });
}

/** Lets time pass for everybody. */
function pass(ms: number): void {
  mock.timers.setTime(Date.now() + ms);
  stand.store.now += ms;
  stand.store.report();
}

describe('refresh', () => {
  test('attack 38: 50 requests at once, one refresh, 50 answers', async () => {
    const browser = await due();
    const answers = await Promise.all(Array.from({ length: 50 }, () => browser.get('/api/auth/me')));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(refreshes(), 1);
    assert.equal(await browser.status(), 200);
    assert.equal(refreshes(), 1);
    assert.equal(stand.provider.refreshTokens.size, 1, 'the family of tokens lives');
  });

  test('attack 38: another process that is refreshing it leaves this one as it is', async () => {
    const browser = await due();
    const other = await Stand.start({ store: stand.store, provider: stand.provider });
    try {
      const answers = await Promise.all([browser.status(), other.browser(browser.cookie).status()]);
      assert.deepEqual(answers, [200, 200]);
      assert.equal(refreshes(), 1);
    } finally {
      other.rest.close();
    }
  });

  test('signed out at the provider is signed out here', async () => {
    const browser = await due();
    stand.provider.refreshTokens.clear();
    assert.equal(await browser.status(), 401);
    assert.equal(stand.store.count('sign_ins'), 0);
  });

  test("attack 20: a refresh that answers another's tokens ends the session", async () => {
    const browser = await due();
    stand.provider.claims = { sub: 'mallory' };
    assert.equal(await browser.status(), 401);
    assert.equal(stand.store.count('sign_ins'), 0);
  });

  test("S1: it is our user's token that is given back then, and not the other's", async () => {
    const browser = await due();
    const [ours] = stand.provider.refreshTokens.keys();
    stand.provider.claims = { sub: 'mallory' };
    assert.equal(await browser.status(), 401);
    await eventually(() => stand.provider.revoked.length > 0);
    assert.deepEqual(stand.provider.revoked, [ours]);
  });

  test('while the provider is down sessions stay, and when it has failed at two, nobody asks it for 10 s', async () => {
    const browser = await due();
    const [second, third] = [await due(), await due()];
    stand.provider.answers.set('/token', () => ({ status: 503 }));
    for (let i = 0; i < 5; i++) assert.deepEqual([await browser.status(), await second.status()], [200, 200]);
    assert.equal(refreshes(), 2);
    pass(9_000);
    assert.deepEqual([await third.status(), refreshes()], [200, 2]);
  });

  test('a session without a refresh token lasts as long as it may', async () => {
    stand.provider.offline = false;
    assert.equal(await (await due()).status(), 200);
    assert.equal(refreshes(), 0);
  });

  test('a session that ends while it is refreshed stays ended', async () => {
    const browser = await due();
    stand.provider.answers.set('/token', async (request) => {
      stand.store.dropSignIns();
      return stand.provider.standard(request);
    });
    assert.equal(await browser.status(), 401);
  });

  test('a session that ends while the provider is asked in vain stays ended', async () => {
    const browser = await due();
    stand.provider.answers.set('/token', () => {
      stand.store.dropSignIns();
      return { status: 503 };
    });
    assert.equal(await browser.status(), 401);
  });

  test('a session that ends before it is claimed for a refresh stays ended', async () => {
    const browser = await due();
    const { store } = stand;
    store.before.set('claimRefresh', () => store.dropSignIns());
    assert.equal(await browser.status(), 401);
    assert.equal(refreshes(), 0);
  });
});

describe('refresh: what is wrong with one session is not held against another', () => {
  for (const error of ['interaction_required', 'access_denied', 'login_required', 'consent_required']) {
    test(`S1: ${error} ends the session, as invalid_grant does`, async () => {
      const browser = await due();
      answerRefreshes('alice', () => ({ status: 400, body: { error } }));
      assert.equal(await browser.status(), 401);
      assert.equal(stand.store.count('sign_ins'), 0);
    });
  }

  for (const [what, answer] of [
    ['400 interaction_required', { status: 400, body: { error: 'interaction_required' } }],
    ['400 invalid_request', { status: 400, body: { error: 'invalid_request' } }],
    ['401 invalid_client', { status: 401, body: { error: 'invalid_client' } }],
    ['403', { status: 403 }],
    ['429', { status: 429 }],
    ['500', { status: 500 }],
    ['500 server_error', { status: 500, body: { error: 'server_error' } }],
    ['503', { status: 503 }],
    ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>' }],
  ] as const) {
    test(`S1: alice's refresh is answered ${what}; bob, who is signed out at the provider, is signed out at once`, async () => {
      const [alice, bob] = [await due('alice'), await due('bob')];
      answerRefreshes('alice', () => answer);
      await alice.status();
      for (const [token, owner] of stand.provider.refreshTokens) {
        if (owner === 'bob') stand.provider.refreshTokens.delete(token);
      }
      assert.equal(await bob.status(), 401);
    });
  }

  test('S1: a session whose refresh is refused stays, and is asked for once in 30 s', async () => {
    const browser = await due();
    answerRefreshes('alice', () => ({ status: 400, body: { error: 'invalid_request' } }));
    for (let i = 0; i < 5; i++) assert.equal(await browser.status(), 200);
    pass(29_000);
    assert.deepEqual([await browser.status(), refreshes()], [200, 1]);
    const claims = stand.store.calls.filter((name) => name === 'claimRefresh').length;
    assert.equal(claims, 1, 'who waits costs no write');
    pass(2_000);
    assert.deepEqual([await browser.status(), refreshes()], [200, 2]);
  });

  test('S1: what fails at alice again and again holds nobody else', async () => {
    const [alice, bob] = [await due('alice'), await due('bob')];
    stand.provider.expiresIn = 0;
    answerRefreshes('alice', () => ({ status: 500 }));
    for (let i = 1; i <= 3; i++) {
      assert.deepEqual([await alice.status(), await bob.status(), refreshes()], [200, 200, 2 * i]);
      pass(31_000);
    }
  });

  test('S1: a session for which the provider is away is not the next one that asks', async () => {
    const [alice, bob] = [await due('alice'), await due('bob')];
    answerRefreshes('alice', () => 'cut');
    assert.deepEqual([await alice.status(), await bob.status(), refreshes()], [200, 200, 1]);
    pass(11_000);
    assert.deepEqual([await alice.status(), refreshes()], [200, 1]);
    assert.deepEqual([await bob.status(), refreshes()], [200, 2]);
  });
});

describe('refresh: a refresh token that the provider rotated is kept', () => {
  /** What it should answer, changed. */
  const changed = (change: (body: Record<string, unknown>) => unknown) => async (received: Received) => {
    const answer = (await stand.provider.standard(received)) as { body: Record<string, unknown> };
    await change(answer.body);
    return answer;
  };

  for (const [what, change] of [
    [
      'an ID token by an unknown key',
      async (body: Record<string, unknown>) => {
        stand.provider.signingKey = await foreignKey();
        const claims = { sub: 'alice', aud: 'visiona' };
        body.id_token = await stand.provider.sign(claims, { alg: 'RS256', kid: 'key-2' });
        stand.provider.signingKey = undefined;
      },
    ],
    [
      'an ID token of ten minutes ahead',
      async (body: Record<string, unknown>) => {
        const nbf = Math.floor(Date.now() / 1000) + 600;
        body.id_token = await stand.provider.sign({ sub: 'alice', aud: 'visiona', nbf });
      },
    ],
    ['scope: null', (body: Record<string, unknown>) => Object.assign(body, { scope: null })],
    ['no access token', (body: Record<string, unknown>) => delete body.access_token],
    ['no token type', (body: Record<string, unknown>) => delete body.token_type],
    [
      'an expiry that is text',
      (body: Record<string, unknown>) => Object.assign(body, { expires_in: 'soon' }),
    ],
  ] as const) {
    test(`S2: with ${what}: the session stays, and is refreshed by the new token`, async () => {
      const browser = await due();
      const [first] = stand.provider.refreshTokens.keys();
      answerRefreshes('alice', changed(change));
      assert.equal(await browser.status(), 200);
      stand.provider.answers.clear();
      pass(31_000);
      assert.equal(await browser.status(), 200);
      assert.equal(refreshes(), 2);
      const sent = stand.provider.to('/token').filter(isRefresh).at(-1)?.body.get('refresh_token');
      assert.notEqual(sent, first);
      assert.equal(stand.provider.refreshTokens.size, 1, 'the family of tokens lives');
    });
  }

  test("S2: not where the answer says itself that it is another user's, whoever signed it", async () => {
    const browser = await due();
    const [first] = stand.provider.refreshTokens.keys();
    answerRefreshes('alice', async (received) => {
      const { provider } = stand;
      provider.signingKey = await foreignKey();
      provider.claims = { sub: 'mallory' };
      const answer = await provider.standard(received);
      [provider.signingKey, provider.claims] = [undefined, {}];
      return answer;
    });
    assert.equal(await browser.status(), 200);
    stand.provider.answers.clear();
    pass(31_000);
    await browser.status();
    const sent = stand.provider.to('/token').filter(isRefresh).at(-1)?.body.get('refresh_token');
    assert.equal(sent, first);
  });

  test('S2: an answer that is not 200 rotates nothing', async () => {
    const browser = await due();
    const [first] = stand.provider.refreshTokens.keys();
    answerRefreshes('alice', () => ({ status: 400, body: { error: 'invalid_request', refresh_token: 'x' } }));
    assert.equal(await browser.status(), 200);
    stand.provider.answers.clear();
    pass(31_000);
    assert.equal(await browser.status(), 200);
    const sent = stand.provider
      .to('/token')
      .filter(isRefresh)
      .map(({ body }) => body.get('refresh_token'));
    assert.deepEqual(sent, [first, first]);
  });

  test('S2: the store takes no writes for a while: the session stays, and the tokens in hand are stored when it does', async () => {
    const browser = await due();
    const before = sealed();
    stand.provider.expiresIn = 0;
    let tries = 0;
    stand.store.before.set('resealSignIn', () => {
      tries += 1;
      if (tries <= 3) throw new StoreUnavailableError('it is locked');
    });
    for (let i = 0; i < 2; i++)
      assert.equal(await browser.status(), 200, 'the session is there all the same');
    await eventually(() => sealed() !== before);
    assert.deepEqual([tries, refreshes()], [4, 1]);
    pass(31_000);
    assert.deepEqual([await browser.status(), refreshes()], [200, 2]);
    assert.equal(stand.provider.refreshTokens.size, 1, 'the family of tokens lives');
  });

  test('S2: while new tokens wait for the store nobody sends the old one, whoever asks', async () => {
    const browser = await due();
    stand.store.faults.set('resealSignIn', new StoreUnavailableError('it is locked'));
    assert.equal(await browser.status(), 200);
    pass(31_000);
    assert.deepEqual([await browser.status(), await browser.status(), refreshes()], [200, 200, 1]);
    const before = sealed();
    stand.store.faults.clear();
    await eventually(() => sealed() !== before);
  });
});

describe('D6: the store is away', () => {
  test('a session that is believed is so too when its access token is due, and the provider is not asked', async () => {
    const browser = await due();
    answerRefreshes('alice', () => ({ status: 400, body: { error: 'invalid_request' } }));
    assert.equal(await browser.status(), 200);
    mock.timers.setTime(Date.now() + 31_000);
    stand.store.fault = AWAY;
    for (let i = 0; i < 3; i++) {
      assert.equal(await browser.status(), 200);
      mock.timers.setTime(Date.now() + 1_001);
    }
    assert.equal(refreshes(), 1);
  });

  test('reads go on where it takes no writes, and so does a session whose access token is due', async () => {
    const browser = await due();
    stand.store.faults.set('claimRefresh', new StoreError('ERR_STORE_READ_ONLY', 'a standby'));
    assert.equal(await browser.status(), 200);
    stand.store.dropSignIns();
    stand.store.report();
    assert.equal(await browser.status(), 401);
  });

  test('it is silent: whoever is believed waits a second for it, not for as long as it is given', async () => {
    const browser = await due();
    stand.store.faults.set('claimRefresh', 'hangs');
    assert.equal(await browser.status(), 200);
    assert.equal(await browser.status(), 200, 'held: nobody waits at once again');
  });

  test('it goes away while the provider is asked in vain: the session is believed as before', async () => {
    const browser = await due();
    answerRefreshes('alice', () => {
      stand.store.fault = AWAY;
      return { status: 400, body: { error: 'invalid_request' } };
    });
    for (let i = 0; i < 3; i++) assert.equal(await browser.status(), 200);
  });

  test('a session that the provider ends meanwhile is not believed', async () => {
    const browser = await due();
    answerRefreshes('alice', () => {
      stand.store.fault = AWAY;
      return { status: 400, body: { error: 'invalid_grant' } };
    });
    const { cookie } = browser;
    assert.equal(await browser.status(), 401);
    assert.equal(await stand.browser(cookie).status(), 503);
  });
});
