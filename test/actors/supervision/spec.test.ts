import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from '../../../src/actors/supervision/spec.js';

test('a delay is never below half the minimum, never above the maximum, and grows with the failures', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.nat(100_000),
      fc.integer({ min: 1, max: 5000 }),
      random,
      (minMs, more, failures, chance) => {
        const backoff = { minMs, maxMs: minMs + more };
        const delay = backoffMs(backoff, failures, chance);
        assert.ok(delay > minMs / 2 - 1e-9 && delay <= backoff.maxMs);
        assert.ok(backoffMs(backoff, failures + 1, chance) >= delay);
      },
    ),
  );
});
