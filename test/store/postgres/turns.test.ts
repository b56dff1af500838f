import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreUnavailableError } from '../../../src/store/ports/errors.js';
import { Turns } from '../../../src/store/postgres/turns.js';

/** Far longer than a test. */
const LONG_MS = 60_000;

/** Takes a turn, and says so. */
function take(turns: Turns, order: string[], name: string, patienceMs = LONG_MS): Promise<void> {
  return turns.take(patienceMs).then(
    () => void order.push(name),
    (error: Error & { code: string }) => void order.push(`${name}: ${error.code}`),
  );
}

test('who comes first has the next turn', async () => {
  const turns = new Turns(1, 'they', LONG_MS);
  const order: string[] = [];
  await take(turns, order, 'a');
  const rest = [take(turns, order, 'b'), take(turns, order, 'c')];
  assert.equal(turns.waiting, 2);
  turns.give();
  await rest[0];
  turns.give();
  await rest[1];
  assert.deepEqual(order, ['a', 'b', 'c']);
});

test('who waits in vain is refused, and is in nobody’s way', async () => {
  const turns = new Turns(1, 'the connections', LONG_MS);
  await turns.take(LONG_MS);
  await assert.rejects(turns.take(1), { code: 'ERR_STORE_BUSY', message: 'the connections are all in use' });
  assert.equal(turns.waiting, 0);
  const next = turns.take(LONG_MS);
  turns.give();
  await next;
});

test('fewer for a while, never none, and one more each time', async () => {
  const turns = new Turns(3, 'they', 1);
  await Promise.all([turns.take(LONG_MS), turns.take(LONG_MS)]);
  turns.narrow(0);
  turns.give();
  const order: string[] = [];
  // One is taken, and that is all there are until there is one more.
  await take(turns, order, 'a');
  await take(turns, order, 'b');
  assert.deepEqual(order, ['a', 'b']);
});

test('all who wait are refused at once', async () => {
  const turns = new Turns(1, 'they', LONG_MS);
  await turns.take(LONG_MS);
  const order: string[] = [];
  const waiting = [take(turns, order, 'a'), take(turns, order, 'b')];
  turns.refuseAll(new StoreUnavailableError('it is away'));
  await Promise.all(waiting);
  assert.deepEqual(order, ['a: ERR_STORE_UNAVAILABLE', 'b: ERR_STORE_UNAVAILABLE']);
});
