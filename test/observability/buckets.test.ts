import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Buckets } from '../../src/observability/buckets.js';

test('a value counts in the first bucket whose bound it does not exceed', () => {
  const buckets = new Buckets([1, 2, 5]);
  for (const value of [0, 1, 1.5, 2, 5, 5.1]) buckets.observe(value);
  assert.deepEqual([...buckets.counts], [2, 2, 1, 1]);
  assert.equal(buckets.count, 6);
  assert.ok(Math.abs(buckets.sum - 14.6) < 1e-9);
});
