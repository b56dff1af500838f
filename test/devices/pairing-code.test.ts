import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  codeOf,
  hashCode,
  hashPresented,
  newPairingSecret,
  type PairingSecret,
  shownCode,
} from '../../src/devices/pairing-code.js';

const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

const secrets = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64url') as PairingSecret);

describe('pairing codes', () => {
  test('the alphabet has 30 letters and none that is misread; all of them occur', () => {
    assert.equal(new Set(ALPHABET).size, 30);
    assert.doesNotMatch(ALPHABET, /[01OILU]/);
    const seen = new Set(Array.from({ length: 200 }, () => codeOf(newPairingSecret())).join(''));
    assert.deepEqual([...seen].sort().join(''), ALPHABET);
  });

  test('every letter is as likely at every place', () => {
    const codes = Array.from({ length: 9_000 }, () => codeOf(newPairingSecret()));
    for (let place = 0; place < 10; place += 1) {
      const counts = new Map<string, number>();
      for (const code of codes) counts.set(code[place]!, (counts.get(code[place]!) ?? 0) + 1);
      // 300 are expected; 17 is the standard deviation, and 8 of it are not seen in a lifetime.
      for (const count of counts.values()) assert.ok(Math.abs(count - 300) < 8 * 17, `${count}`);
    }
  });

  test('a token has 256 bits, and is another each time', () => {
    const token = newPairingSecret();
    assert.equal(Buffer.from(token, 'base64url').length, 32);
    assert.notEqual(newPairingSecret(), token);
  });

  test('a token and its code are the same, however the code is typed', () => {
    fc.assert(
      fc.property(
        secrets,
        fc.array(fc.constantFrom('', ' ', '-', ' - ', '\t'), { minLength: 11, maxLength: 11 }),
        fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
        (secret, gaps, lower) => {
          const code = codeOf(secret);
          const typed = [...code].map((letter, at) => gaps[at] + (lower[at] ? letter.toLowerCase() : letter));
          const hash = hashCode(code);
          assert.match(shownCode(code), /^[2-9A-Z]{5}-[2-9A-Z]{5}$/);
          assert.equal(hashPresented(typed.join('') + gaps[10]), hash);
          assert.equal(hashPresented(shownCode(code)), hash);
          assert.equal(hashPresented(secret), hash);
          assert.equal(hashPresented(` ${secret}\n`), hash);
        },
      ),
    );
  });

  test('attack 40: whatever else is presented has a hash, and not that of a code', () => {
    const code = codeOf(newPairingSecret());
    const others = [
      '',
      ' ',
      code.slice(1),
      `${code}2`,
      `${code}${' '.repeat(80)}`,
      [code],
      { code },
      null,
      7,
      {},
    ];
    for (const other of [...others, undefined, [], 'x'.repeat(1 << 16)]) {
      const hash = hashPresented(other);
      assert.match(hash, /^[0-9a-f]{64}$/);
      assert.notEqual(hash, hashCode(code));
    }
    fc.assert(
      fc.property(fc.anything(), (other) => {
        assert.match(hashPresented(other), /^[0-9a-f]{64}$/);
      }),
    );
  });
});
