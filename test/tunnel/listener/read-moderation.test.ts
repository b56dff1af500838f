import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ReadModeration } from '../../../src/tunnel/listener/read-moderation.js';

/** How often the thread has rested, and a clock that only the test moves. */
function observed(t: TestContext) {
  const clock = t.mock.method(performance, 'now', () => 0);
  const wait = t.mock.method(Atomics, 'wait', () => 'timed-out');
  return { at: (ms: number) => clock.mock.mockImplementation(() => ms), rests: () => wait.mock.callCount() };
}

test('after a short turn with pieces of something large the thread rests once', async (t) => {
  const { rests } = observed(t);
  const moderation = new ReadModeration();
  for (let i = 0; i < 3; i++) moderation.received(16_384);
  assert.equal(rests(), 0);
  await turn();
  assert.equal(rests(), 1);
  await turn();
  assert.equal(rests(), 1);
  moderation.received(4096);
  await turn();
  assert.equal(rests(), 2);
});

test('it does not rest after small messages, nor after a turn that took long', async (t) => {
  const { at, rests } = observed(t);
  const moderation = new ReadModeration();
  moderation.received(4095);
  await turn();
  moderation.received(16_384);
  at(0.3);
  await turn();
  assert.equal(rests(), 0);
});

test('what the turn has to say leaves before the rest', async (t) => {
  const { rests } = observed(t);
  const moderation = new ReadModeration();
  let restsAtPost = -1;
  // As the link does with the first message of a turn.
  setImmediate(() => {
    restsAtPost = rests();
  });
  moderation.received(16_384);
  await turn();
  assert.deepEqual([restsAtPost, rests()], [0, 1]);
});

test('a rest is a tenth of a millisecond, and ends by itself', async (t) => {
  const wait = t.mock.method(Atomics, 'wait');
  const clock = t.mock.method(performance, 'now', () => 0);
  new ReadModeration().received(16_384);
  await turn();
  clock.mock.restore();
  assert.equal(wait.mock.calls[0]?.result, 'timed-out');
  assert.equal(wait.mock.calls[0]?.arguments[3], 0.1);
});
