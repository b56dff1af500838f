// This suite says what every store must do about attempts that are counted.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Check } from './device-admin-contract.js';

const MINUTE = 60_000;

/** What every store must do about tries that are counted. A window of no length is over at once. */
export function attemptContract(name: string, check: Check): void {
  describe(`${name}: attempts`, () => {
    check('B5: tries are counted for each key, for as long as its window lasts', async (store) => {
      const first = await store.countAttempt('a', MINUTE);
      assert.equal(first.count, 1);
      assert.ok(first.leftMs > MINUTE / 2 && first.leftMs <= MINUTE, `${first.leftMs}`);
      // The window is that of the first try.
      const second = await store.countAttempt('a', 10 * MINUTE);
      assert.equal(second.count, 2);
      assert.ok(second.leftMs <= MINUTE);
      assert.equal((await store.countAttempt('b', MINUTE)).count, 1);
      assert.equal((await store.countAttempt('over', 0)).count, 1);
      assert.equal((await store.countAttempt('over', 0)).count, 1);
    });

    check('B5: of many at one time each has a number of its own', async (store) => {
      const counted = await Promise.all(Array.from({ length: 50 }, () => store.countAttempt('a', MINUTE)));
      const numbers = counted.map(({ count }) => count).sort((a, b) => a - b);
      assert.deepEqual(
        numbers,
        Array.from({ length: 50 }, (_, i) => i + 1),
      );
    });

    check('B5: what is forgiven is not counted, and never less than nothing', async (store) => {
      await store.forgiveAttempt('a');
      await store.countAttempt('a', MINUTE);
      await store.countAttempt('a', MINUTE);
      await store.forgiveAttempt('a');
      await store.forgiveAttempt('a');
      await store.forgiveAttempt('a');
      assert.equal((await store.countAttempt('a', MINUTE)).count, 1);
    });

    for (const key of ['', 'a\u0000', 'x'.repeat(129)]) {
      check(`B5: ${JSON.stringify(key).slice(0, 12)} is no key`, async (store) => {
        await assert.rejects(store.countAttempt(key, MINUTE), { code: 'ERR_STORE_INPUT' });
      });
    }
  });
}
