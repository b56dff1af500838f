import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isLonger, truncate } from '../../src/text/characters.js';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const max = fc.integer({ min: 0, max: 40 });

test('S12: a text is as long as it has code points', () => {
  fc.assert(fc.property(text, max, (each, most) => isLonger(each, most) === [...each].length > most));
});

test('S12: what is cut is a beginning, no longer than asked for, and no shorter than it must be', () => {
  fc.assert(
    fc.property(text, max, (each, most) => {
      const kept = truncate(each, most);
      assert.ok(each.startsWith(kept) && !/\p{Cs}/u.test(kept));
      assert.equal([...kept].length, Math.min(most, [...each].length));
    }),
  );
});
