import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../src/config/nearest.js';

const WORDS = ['agent', 'up', 'api-server', '--tunnel-addr', '--tunnel-url'];

test('one edit in three characters is forgiven: a letter too many, too few, wrong, or two swapped', () => {
  for (const word of ['agentt', 'agnt', 'agend', 'agnet']) assert.equal(nearest(word, WORDS), 'agent');
  assert.equal(nearest('pu', WORDS), 'up');
  assert.equal(nearest('api-sevrre', WORDS), 'api-server');
});

test('the nearest of several is taken', () => {
  assert.equal(nearest('--tunel-adr', WORDS), '--tunnel-addr');
  assert.equal(nearest('--tunelurl', WORDS), '--tunnel-url');
});

test('what is far from all is nothing', () => {
  for (const word of ['', 'deploy', 'agreement', 'xyz']) assert.equal(nearest(word, WORDS), undefined);
});
