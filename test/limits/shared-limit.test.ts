import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { SharedLimit } from '../../src/limits/shared-limit.js';
import { AWAY, TestStore } from '../support/test-store.js';

const THREE = { points: 3, windowSeconds: 60 };

let store: TestStore;
beforeEach(async () => {
  store = await TestStore.open();
});
afterEach(() => store.close());

/** How many of so many tries of a key are let through. */
async function allowed(limit: SharedLimit, key: string, tries: number): Promise<number> {
  let count = 0;
  for (let i = 0; i < tries; i += 1) count += (await limit.attempt(key)).waitSeconds === 0 ? 1 : 0;
  return count;
}

test('B5: processes share an allowance, and one that starts anew has no new one', async () => {
  const [first, second] = [new SharedLimit('x', THREE, store), new SharedLimit('x', THREE, store)];
  assert.equal(await allowed(first, 'a', 2), 2);
  assert.equal(await allowed(second, 'a', 2), 1);
  const { waitSeconds } = await new SharedLimit('x', THREE, store).attempt('a');
  assert.ok(waitSeconds >= 1 && waitSeconds <= 60, `${waitSeconds}`);
  assert.equal(await allowed(second, 'b', 5), 3);
  assert.equal(await allowed(new SharedLimit('y', THREE, store), 'a', 5), 3);
});

test('B5: tries at one time, at several processes, are as limited as those one after the other', async () => {
  const limits = Array.from({ length: 4 }, () => new SharedLimit('x', THREE, store));
  const attempts = await Promise.all(
    limits.flatMap((limit) => Array.from({ length: 5 }, () => limit.attempt('a'))),
  );
  assert.equal(attempts.filter(({ waitSeconds }) => waitSeconds === 0).length, 3);
});

test('B5: what is refused here, or was refused by the store, is not asked for there again', async () => {
  const [first, second] = [new SharedLimit('x', THREE, store), new SharedLimit('x', THREE, store)];
  await allowed(first, 'a', 20);
  assert.equal(store.calls.length, 3);
  await allowed(second, 'a', 20);
  assert.equal(store.calls.length, 4);
});

test('B5: what is given back is not counted by anybody', async () => {
  const [first, second] = [new SharedLimit('x', THREE, store), new SharedLimit('x', THREE, store)];
  for (let i = 0; i < 10; i += 1) {
    const attempt = await first.attempt('a');
    assert.equal(attempt.waitSeconds, 0);
    await attempt.giveBack();
  }
  assert.equal(await allowed(second, 'a', 5), 3);
});

test('B5: while the store is away the memory of the process counts alone', async () => {
  const limit = new SharedLimit('x', THREE, store);
  store.fault = AWAY;
  const attempt = await limit.attempt('a');
  assert.equal(attempt.waitSeconds, 0);
  await attempt.giveBack();
  assert.equal(await allowed(limit, 'a', 10), 3);
  store.fault = new TypeError('a bug');
  await assert.rejects(limit.attempt('b'), TypeError);
});

test('B5: a flood from many addresses is no flood of writes', async (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
  const limit = new SharedLimit('x', THREE, store);
  for (let i = 0; i < 10_000; i += 1) await limit.attempt(`address ${i}`);
  assert.equal(store.calls.length, 3_000);
  // Each is limited all the same.
  assert.equal(await allowed(limit, 'address 9999', 10), 2);
  mock.timers.tick(60_000);
  for (let i = 0; i < 10_000; i += 1) await limit.attempt(`later ${i}`);
  assert.equal(store.calls.length, 6_000);
});
