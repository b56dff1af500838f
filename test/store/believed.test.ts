import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Believed } from '../../src/store/believed.js';

test('an answer is believed for a second, and all who ask meanwhile share it', async () => {
  let now = 0;
  const known = new Believed<string>(() => now);
  assert.equal(known.get('a'), undefined);
  const found = known.believe('a', Promise.resolve('x'));
  assert.equal(known.get('a'), found);
  now = 999;
  assert.equal(await known.get('a'), 'x');
  now = 1000;
  assert.equal(known.get('a'), undefined);
});

test('what is believed is at hand without a wait, what is still being asked is not', async () => {
  let now = 0;
  const known = new Believed<string>(() => now);
  const found = known.believe('a', Promise.resolve('x'));
  assert.equal(known.recall('a'), undefined);
  await found;
  assert.equal(known.recall('a'), 'x');
  now = 1000;
  assert.equal(known.recall('a'), undefined);
});

test('what was not found, or could not be asked, is not remembered', async () => {
  const known = new Believed<boolean | undefined>();
  await known.believe('a', Promise.resolve(false));
  await known.believe('b', Promise.resolve(undefined));
  await assert.rejects(known.believe('c', Promise.reject(new Error('down'))));
  assert.equal(known.size, 0);
});

test('an answer that comes late forgets no newer one', async () => {
  const known = new Believed<boolean>();
  const { promise, resolve } = deferred();
  known.believe('a', promise);
  known.forget('a');
  const newer = known.believe('a', Promise.resolve(true));
  resolve(false);
  await promise;
  await newer;
  assert.equal(known.get('a'), newer);
});

test('the oldest goes when it is full; all go when told', () => {
  const known = new Believed<boolean>(() => 0, 3);
  for (const key of ['a', 'b', 'a', 'c', 'd', 'e']) known.believe(key, Promise.resolve(true));
  assert.equal(known.size, 3);
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e'].map((key) => known.get(key) !== undefined),
    [false, false, true, true, true],
  );
  known.forgetAll();
  assert.equal(known.size, 0);
});

function deferred() {
  let resolve: (value: boolean) => void = () => {};
  const promise = new Promise<boolean>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
