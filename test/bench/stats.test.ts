import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratio, spread } from '../../bench/stats.js';

test('the median of an odd number of samples is the middle one, in whatever order they came', () => {
  assert.deepEqual(spread([30, 4, 100]), { median: 30, min: 4, max: 100 });
  assert.deepEqual(spread([7]), { median: 7, min: 7, max: 7 });
});

test('the median of an even number of samples is between the two in the middle', () => {
  assert.deepEqual(spread([100, 4, 30, 10]), { median: 20, min: 4, max: 100 });
});

test('samples are left in their order: it is the order of the rounds', () => {
  const samples = [30, 4, 100];
  spread(samples);
  assert.deepEqual(samples, [30, 4, 100]);
});

test('no samples have no spread', () => {
  assert.throws(() => spread([]), RangeError);
  assert.throws(() => ratio([], []), RangeError);
});

test('a ratio is made round by round', () => {
  // The quotient of the medians would be 20 / 10.
  assert.deepEqual(ratio([10, 20, 90], [10, 5, 30]), { median: 3, min: 1, max: 4 });
});

test('samples of different rounds have no ratio', () => {
  assert.throws(() => ratio([1, 2], [1]), RangeError);
  assert.throws(() => ratio([1], [1, 2]), RangeError);
});
