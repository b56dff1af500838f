import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { superviseSweeper } from '../../../src/tunnel/registry/sweeper.js';

test('a sweep that fails ends nothing but itself: the next ones are made', async () => {
  const asked: number[] = [];
  let third: () => void = () => {};
  const thirdSweep = new Promise<void>((resolve) => {
    third = resolve;
  });
  const store = {
    cleanupExpired: async (expireAfterMs: number) => {
      asked.push(expireAfterMs);
      if (asked.length === 1) throw new Error('timed out');
      if (asked.length === 3) third();
      return 0;
    },
  };
  const supervisor = await superviseSweeper(store, 90_000, pino({ level: 'silent' }), 1).start();
  await thirdSweep;
  assert.deepEqual(asked.slice(0, 3), [90_000, 90_000, 90_000]);
  await supervisor.stop(1000);
  assert.equal((await supervisor.exited).kind, 'normal');
});
