import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open-store.js';
import { testEach } from './locations.js';

const HOUR = 3_600_000;

/** A window that is over as it begins: the clock is the database's, which no test can move. */
const OVER = 0;

testEach('B5: what is over goes as others come, some at a time', async ({ location, rows }) => {
  const store = await openStore(location);
  // Their time comes together, as in one transaction of the embedded store: none goes before the last is there.
  await Promise.all(Array.from({ length: 15 }, (_, i) => store.countAttempt(`key ${i}`, HOUR)));
  assert.equal(await rows('attempts'), 15);
  for (let i = 0; i < 50; i += 1) await store.countAttempt(`over ${i}`, OVER);
  assert.ok((await rows('attempts')) <= 15 + 2, 'more go than come');
  assert.equal((await store.countAttempt('key 0', HOUR)).count, 2);
  await store.close();
});

testEach(
  'B5: a process whose clock is wrong counts as the others do, and ends nothing of theirs',
  async ({ location }) => {
    const right = await openStore(location);
    const [ahead, behind] = await Promise.all(
      [10 * HOUR, -10 * HOUR].map((off) => openStore({ ...location, clock: () => Date.now() + off })),
    );
    assert.ok(ahead !== undefined && behind !== undefined);
    const stores = [right, ahead, behind];
    for (const [at, store] of stores.entries()) {
      const { count, leftMs } = await store.countAttempt('guesses', HOUR);
      assert.equal(count, at + 1);
      assert.ok(leftMs > HOUR / 2 && leftMs <= HOUR, `${leftMs}`);
    }
    // Nor by what else it counts.
    await ahead.countAttempt('another', HOUR);
    for (const store of stores) await store.forgiveAttempt('guesses');
    assert.equal((await right.countAttempt('guesses', HOUR)).count, 1);
    for (const store of stores) await store.close();
  },
);
