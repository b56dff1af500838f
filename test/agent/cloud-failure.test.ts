import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_RETRY_AFTER_MS, parseRetryAfter } from '../../src/agent/cloud-failure.js';

const now = Date.parse('Tue, 01 Dec 2026 10:00:00 GMT');

test('seconds', () => {
  assert.equal(parseRetryAfter('0', now), 0);
  assert.equal(parseRetryAfter(' 7 ', now), 7_000);
});

test('an HTTP date, which may have passed', () => {
  assert.equal(parseRetryAfter('Tue, 01 Dec 2026 10:00:30 GMT', now), 30_000);
  assert.equal(parseRetryAfter('Tue, 01 Dec 2026 09:59:00 GMT', now), 0);
});

test('at most five minutes', () => {
  assert.equal(parseRetryAfter('999999999999', now), MAX_RETRY_AFTER_MS);
  assert.equal(parseRetryAfter('Tue, 01 Dec 2037 10:00:00 GMT', now), MAX_RETRY_AFTER_MS);
});

test('absent or nonsense is no answer', () => {
  for (const field of [undefined, '', 'soon', '-5 apples'])
    assert.equal(parseRetryAfter(field, now), undefined);
});
