import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { networkOf, normalAddress } from '../../src/net/ip-address.js';

const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
  minLength: 8,
  maxLength: 8,
});

/** As uWebSockets.js writes it. */
function inFull(numbers: readonly number[]): string {
  return numbers.map((group) => group.toString(16).padStart(4, '0')).join(':');
}

test('an address is written in one way, and what is none is none', () => {
  for (const [text, normal] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0000:0000:0000:0000:0000:ffff:c000:0201', '192.0.2.1'],
    ['::ffff:0:192.0.2.1', '::ffff:0:c000:201'],
    ['2001:0DB8:0000:0001:0000:0000:0000:0001', '2001:db8:0:1::1'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    ['::', '::'],
  ] as const) {
    assert.equal(normalAddress(text), normal, text);
  }
  for (const text of [
    '',
    'unknown',
    '_hidden',
    '192.0.2',
    '192.0.2.256',
    '192.0.02.1',
    '3221225985',
    ' 192.0.2.1',
    '192.0.2.1:80',
    '[::1]',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7',
    '10.0.0.0/8',
  ]) {
    assert.equal(normalAddress(text), undefined, text);
  }
});

test('every way to write an IPv6 address comes to the same, and that stays as it is', () => {
  fc.assert(
    fc.property(groups, (numbers) => {
      const normal = normalAddress(inFull(numbers));
      assert.ok(normal !== undefined);
      assert.equal(normalAddress(normal), normal);
      const short = numbers.map((group) => group.toString(16).toUpperCase()).join(':');
      assert.equal(normalAddress(short), normal);
      const mapped = numbers.slice(0, 5).every((group) => group === 0) && numbers[5] === 0xffff;
      assert.equal(isIPv6(normal), !mapped);
    }),
  );
});

test('the network of an IPv6 address is its first four groups, that of an IPv4 address itself', () => {
  fc.assert(
    fc.property(groups, (numbers) => {
      const [first = 0] = numbers;
      const network = [first | 1, ...numbers.slice(1)];
      const normal = normalAddress(inFull(network)) ?? '';
      const expected = network.slice(0, 4).map((group) => group.toString(16));
      assert.equal(networkOf(normal), expected.join(':'));
    }),
  );
  assert.equal(networkOf('::1'), networkOf('::2'));
  assert.equal(networkOf('::'), '0:0:0:0');
  assert.equal(networkOf('192.0.2.1'), '192.0.2.1');
});
