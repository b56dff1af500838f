import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { AddressLimit, AttemptLimit } from '../../src/limits/attempt-limit.js';

test('what is taken at one time is limited as what is taken one after the other', async () => {
  const limit = new AttemptLimit({ points: 3, windowSeconds: 60 });
  const waits = await Promise.all(Array.from({ length: 5 }, () => limit.take('a')));
  assert.deepEqual(
    waits.map((seconds) => seconds > 0),
    [false, false, false, true, true],
  );
  assert.ok(waits[4]! <= 60);
  assert.equal(await limit.take('b'), 0);
});

test('a key is refused until its window is over', async (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
  const limit = new AttemptLimit({ points: 1, windowSeconds: 60 });
  await limit.count('a');
  mock.timers.tick(59_500);
  assert.equal(await limit.blockedFor('a'), 1);
  mock.timers.tick(500);
  assert.equal(await limit.blockedFor('a'), 0);
  assert.equal(limit.size, 0);
  assert.equal(await limit.take('a'), 0);
});

test('what is given back does not count', async () => {
  const limit = new AttemptLimit({ points: 1, windowSeconds: 60 });
  await limit.giveBack('a');
  assert.equal(await limit.take('a'), 0);
  await limit.giveBack('a');
  assert.equal(await limit.take('a'), 0);
  assert.ok((await limit.take('a')) > 0);
});

test('attack 44: no more keys are remembered than there is room for, and those that are stay limited', async () => {
  const limit = new AttemptLimit({ points: 1, windowSeconds: 60 }, 2);
  for (const key of ['a', 'b', 'c', 'd']) assert.equal(await limit.take(key), 0);
  assert.equal(limit.size, 2);
  assert.ok((await limit.take('a')) > 0);
  assert.equal(await limit.take('c'), 0);
});

test('attack 44: an IPv6 network of one customer is one source, IPv4 addresses are one each', async () => {
  const alike = async (first: string, second: string) => {
    const limit = new AddressLimit({ points: 1, windowSeconds: 60 });
    await limit.count(first);
    return (await limit.blockedFor(second)) > 0;
  };
  assert.ok(await alike('2001:db8:0:1::1', '2001:db8:0:1:ffff::2'));
  assert.ok(!(await alike('2001:db8:0:1::1', '2001:db8:0:2::1')));
  assert.ok(!(await alike('192.0.2.1', '192.0.2.2')));
  assert.ok(await alike('192.0.2.1', '192.0.2.1'));
});
