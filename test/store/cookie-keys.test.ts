import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open-store.js';
import { testEach } from './locations.js';
import { newSignIn } from './sign-ins-contract.js';

const OPERATOR = { actor: 'operator' } as const;

testEach('S13: a process joins where it and the one before it can read each other', async ({ location }) => {
  const store = await openStore(location);
  const join = async (kids: string) => `${kids}: ${await store.joinCookieKeys(kids.split(' '))}`;
  const starts = [];
  for (const kids of [
    'a', // the first
    'b', // another, generated elsewhere
    'a', // again
    'b a', // keys are changed, the short way: one of two processes has the new one
    'a', // the other one ends, and is started once more as it was
    'b a', // and then with the new one
    'b a', // the first one again
    'b', // the old key is taken away
    'a', // and is known nowhere any more
    'b c', // the long way: all of them can read the new key first
    'c b',
    'b c',
    'c',
    'd b', // a retired key that both had makes no common one
  ])
    starts.push(await join(kids));
  assert.deepEqual(starts, [
    'a: joined',
    'b: foreign',
    'a: joined',
    'b a: joined',
    'a: behind',
    'b a: joined',
    'b a: joined',
    'b: joined',
    'a: foreign',
    'b c: joined',
    'c b: joined',
    'b c: joined',
    'c: behind',
    'd b: foreign',
  ]);
  await store.close();
});

testEach('S13: of two that start at once with other keys one joins', async ({ location }) => {
  const stores = [await openStore(location), await openStore(location)];
  const joinings = await Promise.all(
    stores.flatMap((store, i) => Array.from({ length: 5 }, () => store.joinCookieKeys([`key-${i}`]))),
  );
  assert.deepEqual(joinings.sort(), [...Array(5).fill('foreign'), ...Array(5).fill('joined')]);
  for (const store of stores) await store.close();
});

testEach(
  'S13: all sessions are ended, and with them what is known of their keys',
  async ({ location, rows }) => {
    const store = await openStore(location);
    const alice = await store.ensureUser('https://id.example', 'alice');
    await store.joinCookieKeys(['a']);
    // More than are ended in one write, and of several users, as one has a bound of them.
    for (let i = 0; i < 450; i++) {
      const user = i < 90 ? alice : await store.ensureUser('https://id.example', `user-${i % 5}`);
      await store.beginSignIn(user, newSignIn(`s${i}`));
    }
    const before = await store.lastChange();
    assert.equal(await store.endAllSignIns(OPERATOR), 450);
    assert.equal(await rows('sign_ins'), 0);
    assert.equal(await store.lastChange(), before + 450);
    const { items } = await store.listAudit(alice, { limit: 1 });
    assert.deepEqual([items[0]?.actor, items[0]?.action], ['operator', 'sign-in.ended']);
    assert.deepEqual([await store.joinCookieKeys(['b']), await store.endAllSignIns(OPERATOR)], ['joined', 0]);
    await store.close();
  },
);
