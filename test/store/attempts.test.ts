import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open-store.js';
import { testEach } from './places.js';

testEach('B5: what is over goes as others come, some at a time', async ({ place, rows }) => {
  const clock = { now: 1_700_000_000_000 };
  const store = await openStore({ ...place, clock: () => clock.now });
  for (let i = 0; i < 50; i += 1) await store.countAttempt(`key ${i}`, 60_000);
  assert.equal(await rows('attempts'), 50);
  clock.now += 60_000;
  assert.equal((await store.countAttempt('key 0', 60_000)).count, 1);
  assert.equal(await rows('attempts'), 30);
  await store.countAttempt('another', 60_000);
  await store.countAttempt('another', 60_000);
  assert.equal(await rows('attempts'), 2);
  await store.close();
});
