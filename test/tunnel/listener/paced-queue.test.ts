import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PacedQueue } from '../../../src/tunnel/listener/paced-queue.js';

test('the work is done in order, 1 ms of a turn of the event loop at a time', async () => {
  let now = 0;
  const done: number[] = [];
  const queue = new PacedQueue<number>(
    (item) => {
      done.push(item);
      now += 0.25;
    },
    () => now,
  );
  for (let item = 1; item <= 6; item++) queue.add(item);
  assert.deepEqual(done, []);
  await nextTurn();
  assert.deepEqual(done, [1, 2, 3, 4]);
  queue.add(7);
  await nextTurn();
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6, 7]);
  // The queue has come to rest, and begins again.
  queue.add(8);
  await nextTurn();
  assert.equal(done.at(-1), 8);
});

test('what is added while it works waits for its turn, and what waits can be done at once', async () => {
  const done: string[] = [];
  const queue: PacedQueue<string> = new PacedQueue((item) => {
    done.push(item);
    if (item === 'a') queue.add('b');
  });
  queue.add('a');
  await nextTurn();
  await nextTurn();
  assert.deepEqual(done, ['a', 'b']);
  for (const item of ['c', 'd']) queue.add(item);
  queue.finish();
  assert.deepEqual(done, ['a', 'b', 'c', 'd']);
  await nextTurn();
  assert.equal(done.length, 4);
});
