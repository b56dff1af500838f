import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Sealer } from '../../src/auth/seal.js';
import { keys, oldKeys, rotatedKeys } from './keys.js';

const sealer = new Sealer(keys);

test('what was sealed opens with its purpose and context only', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
      const sealed = sealer.seal('tokens', context, text);
      assert.equal(sealer.open('tokens', context, sealed), text);
      assert.equal(sealer.open('pending', context, sealed), undefined);
      assert.equal(sealer.open('tokens', `${context}x`, sealed), undefined);
    }),
  );
});

test('the same text is never sealed to the same bytes, and is not in them', () => {
  const [a, b] = [sealer.seal('p', 'c', 'refresh-token'), sealer.seal('p', 'c', 'refresh-token')];
  assert.notEqual(a, b);
  assert.ok(!Buffer.from(a.split('.')[1] ?? '', 'base64url').includes('refresh'));
});

test('changed bytes do not open, and nothing throws', () => {
  const sealed = sealer.seal('p', 'c', 'text');
  const bytes = Buffer.from(sealed.split('.')[1] ?? '', 'base64url');
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed[i] = (changed[i] ?? 0) ^ 1;
    assert.equal(sealer.open('p', 'c', `${keys.current.kid}.${changed.toString('base64url')}`), undefined);
  }
  fc.assert(fc.property(fc.string(), (text) => sealer.open('p', 'c', text) === undefined));
  const { kid } = keys.current;
  fc.assert(fc.property(fc.string(), (text) => sealer.open('p', 'c', `${kid}.${text}`) === undefined));
});

test('S11: the same bytes written otherwise do not open: what is sealed is one text', () => {
  const sealed = sealer.seal('p', 'c', 'text');
  const last = sealed.at(-1) ?? '';
  const others = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].filter(
    (each) => each !== last,
  );
  const written = [
    ...others.map((each) => sealed.slice(0, -1) + each),
    `${sealed}=`,
    `${sealed}A`,
    `${sealed} `,
  ];
  for (const each of written) assert.equal(sealer.open('p', 'c', each), undefined, each);
});

test('attack 12: an old key opens and never seals; a removed one does not open', () => {
  const sealed = new Sealer(oldKeys).seal('p', 'c', 'text');
  const rotated = new Sealer(rotatedKeys);
  assert.equal(rotated.open('p', 'c', sealed), 'text');
  assert.equal(sealer.open('p', 'c', rotated.seal('p', 'c', 'text')), 'text');
  assert.equal(sealer.open('p', 'c', sealed), undefined);
});
