import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/actors/clock.js';

test('the time does not move within a callback of the event loop', async (t) => {
  // What this callback may have been told before.
  await Promise.resolve();
  const clock = t.mock.method(performance, 'now', () => 10);
  const first = systemClock.now();
  clock.mock.mockImplementation(() => 12);
  assert.equal(systemClock.now(), first);
  await Promise.resolve();
  assert.ok(systemClock.now() >= first + 2);
});

test('a timer runs once, unless it was cancelled', async () => {
  const ran: string[] = [];
  const cancel = systemClock.after(1, () => ran.push('cancelled'));
  cancel();
  await new Promise<void>((resolve) => {
    systemClock.after(2, () => {
      ran.push('kept');
      resolve();
    });
  });
  assert.deepEqual(ran, ['kept']);
});

test('delays longer than a Node timer can be do not fire at once', async () => {
  let fired = 0;
  const cancels = [Infinity, 2 ** 40].map((delay) => systemClock.after(delay, () => (fired += 1)));
  await new Promise<void>((resolve) => {
    systemClock.after(5, resolve);
  });
  assert.equal(fired, 0);
  for (const cancel of cancels) cancel();
});
