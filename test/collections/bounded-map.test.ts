import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoundedMap } from '../../src/collections/bounded-map.js';

test('the oldest goes when it is full, and what is set anew is the newest', () => {
  const map = new BoundedMap<number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  map.set('c', 4);
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => map.get(key)),
    [3, undefined, 4],
  );
  map.delete('a');
  assert.equal(map.size, 1);
  assert.deepEqual([...map], [['c', 4]]);
});
