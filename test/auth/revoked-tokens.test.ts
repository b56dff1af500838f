import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { AWAY } from '../support/test-store.js';
import { type Browser, eventually, Stand } from './stand.js';

let stand: Stand;
beforeEach(async () => {
  stand = await Stand.start();
});
afterEach(() => stand.close());

const tokenOf = (subject: string) => {
  const [token] = [...stand.provider.refreshTokens].filter(([, owner]) => owner === subject).at(-1) ?? [];
  return token;
};

async function endInList(browser: Browser, current: boolean): Promise<number> {
  const { items } = JSON.parse((await browser.get('/api/auth/sessions')).body);
  const { sessionId } = items.find((each: { current: boolean }) => each.current === current);
  return (await browser.send(`DELETE /api/auth/sessions/${sessionId}`)).status;
}

describe('S10: what ends a session gives its refresh token back to the provider', () => {
  test('ending another of one’s sessions in the list, and this one', async () => {
    const first = await stand.signedIn();
    const firstToken = tokenOf('alice');
    const second = await stand.signedIn();
    const secondToken = tokenOf('alice');
    assert.equal(await endInList(first, false), 204);
    await eventually(() => stand.provider.revoked.length === 1);
    assert.equal(await second.status(), 401);
    assert.equal(await endInList(first, true), 204);
    await eventually(() => stand.provider.revoked.length === 2);
    assert.deepEqual(stand.provider.revoked, [secondToken, firstToken]);
  });

  test('signing in anew, as the same user in another session there and as another user', async () => {
    stand.provider.claims = { sid: 'one' };
    const browser = await stand.signedIn();
    stand.provider.claims = { sid: 'two' };
    for (const subject of ['alice', 'bob']) {
      const token = tokenOf('alice');
      await browser.signIn(subject);
      await eventually(() => stand.provider.revoked.includes(token ?? ''));
    }
    assert.equal(stand.provider.revoked.length, 2);
    assert.equal(await browser.status(), 200);
  });

  test('not where the provider does not say which of its sessions it is: one grant may be of both', async () => {
    const browser = await stand.signedIn();
    await browser.signIn();
    stand.provider.claims = { sid: 'two' };
    await browser.signIn();
    const last = tokenOf('alice');
    await browser.signIn('bob');
    await eventually(() => stand.provider.revoked.length === 1);
    assert.deepEqual(stand.provider.revoked, [last]);
  });

  test('the provider ends it and does not say that the token is bad', async () => {
    stand.provider.expiresIn = 0;
    const browser = await stand.signedIn();
    const token = tokenOf('alice');
    stand.provider.answers.set('/token', () => ({ status: 400, body: { error: 'interaction_required' } }));
    assert.equal(await browser.status(), 401);
    await eventually(() => stand.provider.revoked.length === 1);
    assert.deepEqual(stand.provider.revoked, [token]);
  });

  test('a sign-in that cannot be stored', async () => {
    const browser = stand.browser();
    const query = await browser.leave();
    stand.store.before.set('beginSignIn', () => {
      stand.store.fault = AWAY;
    });
    assert.equal((await browser.callback(query)).status, 503);
    await eventually(() => stand.provider.revoked.length === 1);
    assert.deepEqual(stand.provider.revoked, [tokenOf('alice')]);
  });

  test('not where both sessions are one at the provider: it would take the new tokens too', async () => {
    stand.provider.claims = { sid: 'one' };
    const browser = await stand.signedIn();
    await browser.signIn();
    stand.provider.claims = { sid: 'two' };
    const last = tokenOf('alice');
    await browser.signIn();
    await eventually(() => stand.provider.revoked.length === 1);
    assert.deepEqual(stand.provider.revoked, [last]);
  });

  test('nobody waits for it: the provider is silent, or down', async () => {
    const [first, second] = [await stand.signedIn(), await stand.signedIn()];
    stand.provider.answers.set('/revoke', () => 'hang');
    assert.equal(await endInList(first, false), 204);
    assert.equal(await second.status(), 401);
    await stand.provider.close();
    assert.equal(await endInList(first, true), 204);
    assert.equal(await first.status(), 401);
    await stand.provider.listen();
  });
});
