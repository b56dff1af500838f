import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashToken, IdSource, newSessionToken } from '../../../src/store/ports/ids.js';

test('ids are UUIDs of version 7 with the time of their making (RFC 9562 §5.7)', () => {
  const made = Date.UTC(2024, 1, 29, 12);
  const id = new IdSource(() => made).next();
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(Number.parseInt(id.replace('-', '').slice(0, 12), 16), made);
});

test('ids of one source sort in the order of their making, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 47 }), { minLength: 1, maxLength: 200 }), (clock) => {
      let at = 0;
      const source = new IdSource(() => clock[at++ % clock.length] ?? 0);
      const ids = clock.map(() => source.next());
      assert.deepEqual(ids.toSorted(), ids);
      assert.equal(new Set(ids).size, ids.length);
    }),
  );
});

test('more ids in a millisecond than the counter holds still sort', () => {
  const source = new IdSource(() => 1_700_000_000_000);
  const ids = Array.from({ length: 10_000 }, () => source.next());
  assert.deepEqual(ids.toSorted(), ids);
});

test('a session token has 256 bits, and its hash is SHA-256', () => {
  const token = newSessionToken();
  assert.equal(Buffer.from(token, 'base64url').length, 32);
  assert.notEqual(newSessionToken(), token);
  // FIPS 180-2, appendix B.1.
  assert.equal(hashToken('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
