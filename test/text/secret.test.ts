import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from '../../src/text/secret.js';

test('a secret is given out by reveal alone', () => {
  const value = 'correct horse battery staple';
  const secret = new Secret(value);
  const seen = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true }),
  ];
  for (const text of seen) assert.doesNotMatch(text, /horse/);
  assert.equal(secret.reveal(), value);
});
