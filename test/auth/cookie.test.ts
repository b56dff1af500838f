import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { COOKIE_NAME, CookieCodec, hasCookie } from '../../src/auth/cookie.js';
import { delimited } from '../../src/auth/cookie-keys.js';
import { keys, NEW_SECRET, oldKeys, rotatedKeys } from './keys.js';

const codec = new CookieCodec(keys);

/** The `name=value` that a browser sends back. */
function sent(setCookie: string): string {
  return setCookie.split(';')[0] as string;
}

const cookie = codec.create('session');
const header = sent(codec.set(cookie, 60));
const parts = header.slice(COOKIE_NAME.length + 1).split('.');
const [, kid = '', , id = '', mac = ''] = parts;

/** The header with one part of the value replaced. */
function withPart(at: number, part: string): string {
  return `${COOKIE_NAME}=${parts.map((each, i) => (i === at ? part : each)).join('.')}`;
}

describe('the cookie', () => {
  test('comes back as it was set, whatever other cookies there are', () => {
    for (const type of ['session', 'pending'] as const) {
      const made = codec.create(type);
      const value = sent(codec.set(made, 60));
      assert.deepEqual(codec.read(value), made);
      assert.deepEqual(codec.read(`a=b; ${value}; c=${COOKIE_NAME}`), made);
    }
  });

  test('ids are 256 random bits, and the hash is not the id', () => {
    const seen = new Set(Array.from({ length: 1000 }, () => codec.create('session').id));
    assert.equal(seen.size, 1000);
    for (const each of seen) assert.equal(Buffer.from(each, 'base64url').length, 32);
    assert.match(cookie.hash, /^[0-9a-f]{64}$/);
    assert.ok(!codec.set(cookie, 60).includes(cookie.hash));
  });

  test('attack 14: its attributes, also when it is cleared, and its size', () => {
    for (const line of [codec.set(cookie, 60), codec.clear()]) {
      const attributes = line.split('; ').slice(1);
      assert.deepEqual(attributes.slice(0, 4), ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax']);
      assert.match(attributes[4] ?? '', /^Max-Age=\d+$/);
      assert.equal(attributes.length, 5);
      assert.ok(line.startsWith('__Host-') && line.length < 4096);
    }
    assert.equal(codec.read(sent(codec.clear())), undefined);
  });

  const flipped = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
  for (const [name, value] of Object.entries({
    'id flipped': withPart(3, flipped(id)),
    'mac flipped': withPart(4, flipped(mac)),
    'other key id': withPart(1, flipped(kid)),
    'id with other unused bits': withPart(3, id.slice(0, -1) + (id.endsWith('A') ? 'B' : 'A')),
    'mac cut': withPart(4, mac.slice(0, -1)),
    'empty mac': withPart(4, ''),
    'no mac': header.slice(0, header.lastIndexOf('.')),
    'no dots': header.replaceAll('.', ''),
    'extra dot': `${header}.`,
    'extra part': `${header}.${mac}`,
    '10 KB': withPart(3, 'x'.repeat(10_240)),
    'not UTF-8': withPart(3, '\xff\xfe'.repeat(20)),
    NUL: withPart(3, `\0${id.slice(1)}`),
    quoted: header.replace('=', '="').concat('"'),
    empty: `${COOKIE_NAME}=`,
  })) {
    test(`attack 05: ${name} is no cookie of ours`, () => {
      assert.equal(codec.read(value), undefined);
      assert.equal(hasCookie(value), true);
    });
  }

  test('attack 05: any text is undefined, and never an error', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => codec.read(text) === undefined));
    fc.assert(fc.property(fc.string(), (text) => codec.read(`${COOKIE_NAME}=${text}`) === undefined));
    fc.assert(
      fc.property(fc.nat(header.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, unit) => {
        const changed = header.slice(0, at) + unit + header.slice(at + 1);
        const read = codec.read(changed);
        assert.ok(read === undefined || changed === header);
      }),
    );
  });

  test('attack 06: an id without, or under another, signature', () => {
    const key = keys.current.mac;
    const sign = (data: string | Buffer, by = key) =>
      createHmac('sha256', by).update(data).digest('base64url');
    const wrong = [
      sign(id),
      sign(`v1.${kid}.session.${id}`),
      sign(delimited('v1', kid, 'session', id)),
      sign(delimited('visiona cookie v1', 'session', COOKIE_NAME, kid, id)),
      sign(delimited('visiona cookie v1', COOKIE_NAME, kid, 'session', id), keys.current.seal),
      sign(delimited('visiona cookie v1', COOKIE_NAME, kid, 'session', id), Buffer.from(NEW_SECRET.reveal())),
    ];
    for (const each of wrong) assert.equal(codec.read(withPart(4, each)), undefined);
    const right = sign(delimited('visiona cookie v1', COOKIE_NAME, kid, 'session', id));
    assert.deepEqual(codec.read(withPart(4, right)), cookie);
    assert.equal(codec.read(`${COOKIE_NAME}=none.${id}.`), undefined);
    assert.equal(codec.read(`${COOKIE_NAME}=${id}`), undefined);
  });

  test('attack 06: what is signed is delimited: fields cannot flow into each other', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
        const same = a.length === b.length && a.every((field, i) => field === b[i]);
        assert.equal(delimited(...a).equals(delimited(...b)), same);
      }),
    );
  });

  test('attack 07: a type cannot be changed', () => {
    assert.equal(codec.read(withPart(2, 'pending')), undefined);
    const pending = sent(codec.set(codec.create('pending'), 60));
    assert.equal(codec.read(pending.replace('.pending.', '.session.')), undefined);
    assert.equal(codec.read(pending)?.type, 'pending');
  });

  test('two cookies of the name are none', () => {
    assert.equal(codec.read(`${header}; ${header}`), undefined);
    assert.equal(codec.read(`${COOKIE_NAME}=x; ${header}`), undefined);
  });

  test('attack 12: an old key reads and never signs; a removed one does not read', () => {
    const old = new CookieCodec(oldKeys);
    const rotated = new CookieCodec(rotatedKeys);
    const made = old.create('session');
    const read = rotated.read(sent(old.set(made, 60)));
    assert.deepEqual(read, { ...made, stale: true });
    const again = sent(rotated.set(made, 60));
    assert.deepEqual(codec.read(again), made);
    assert.equal(old.read(again), undefined);
    assert.equal(codec.read(sent(old.set(made, 60))), undefined);
  });
});
