import assert from 'node:assert/strict';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalAddress } from '../../src/net/ip-address.js';
import { TrustedProxies } from '../../src/server/trusted-proxies.js';

const ranges = new BlockList();
ranges.addSubnet('10.0.0.0', 8, 'ipv4');
ranges.addAddress('2001:db8:ffff::1', 'ipv6');
const proxies = new TrustedProxies(ranges);

const isTrusted = (address: string) => ranges.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
const address = fc.oneof(fc.ipV4(), fc.ipV6()).map((text) => normalAddress(text) ?? '');
const stranger = address.filter((text) => !isTrusted(text));
const proxy = fc.oneof(
  fc.constant('2001:db8:ffff::1'),
  fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((bytes) => `10.${bytes.join('.')}`),
);
/** What a caller may send: also addresses of proxies, and what looks like the end of a list. */
const claim = fc.oneof(fc.string(), proxy, address, fc.constantFrom('', ',', ', ', '127.0.0.1', 'unknown'));

test('whoever is no trusted proxy says nothing of where it is', () => {
  fc.assert(
    fc.property(stranger, claim, (socket, forged) => {
      assert.deepEqual(proxies.hops(socket, forged), [socket]);
      assert.deepEqual(new TrustedProxies().hops('10.0.0.1', forged), ['10.0.0.1']);
    }),
  );
});

test('the caller is whom the last trusted proxy saw, whatever the caller claims', () => {
  const way = fc.array(proxy, { minLength: 1, maxLength: 16 });
  fc.assert(
    fc.property(stranger, way, fc.array(claim), (caller, [...through], claims) => {
      const [...seen] = [...claims, caller, ...through.slice(0, -1)];
      const hops = proxies.hops(through.at(-1) ?? '', seen.join(', '));
      assert.deepEqual(hops, [caller, ...through]);
    }),
  );
});

test('of any list at all, what is believed are addresses, and all but the first are trusted', () => {
  const list = fc.array(claim, { maxLength: 40 }).map((parts) => parts.join(','));
  fc.assert(
    fc.property(proxy, list, (socket, forwardedFor) => {
      const hops = proxies.hops(socket, forwardedFor);
      assert.equal(hops.at(-1), socket);
      assert.ok(hops.length <= 17);
      for (const hop of hops) assert.equal(normalAddress(hop), hop);
      for (const hop of hops.slice(1)) assert.ok(isTrusted(hop));
      assert.ok(isIP(hops[0]) !== 0);
    }),
  );
});

test('attack 44: where a list is no list, the last proxy that is known stands for the caller', () => {
  for (const [forwardedFor, hops] of [
    ['', ['10.0.0.1']],
    ['192.0.2.1', ['192.0.2.1', '10.0.0.1']],
    ['6.6.6.6, 192.0.2.1, 10.0.0.2', ['192.0.2.1', '10.0.0.2', '10.0.0.1']],
    ['10.0.0.3,10.0.0.2', ['10.0.0.3', '10.0.0.2', '10.0.0.1']],
    ['192.0.2.1, unknown', ['10.0.0.1']],
    ['192.0.2.1, , 10.0.0.2', ['10.0.0.2', '10.0.0.1']],
    ['192.0.2.1,', ['10.0.0.1']],
    ['192.0.2.1, 10.0.0.999', ['10.0.0.1']],
    [',192.0.2.1', ['192.0.2.1', '10.0.0.1']],
    [' 192.0.2.1\t', ['192.0.2.1', '10.0.0.1']],
    ['192.0.2.1:4711', ['192.0.2.1', '10.0.0.1']],
    ['[2001:DB8::1]:4711', ['2001:db8::1', '10.0.0.1']],
    ['[2001:db8::1]', ['2001:db8::1', '10.0.0.1']],
    ['2001:db8::1, 2001:0db8:ffff::0001', ['2001:db8::1', '2001:db8:ffff::1', '10.0.0.1']],
    ['::ffff:192.0.2.1, ::ffff:10.0.0.2', ['192.0.2.1', '10.0.0.2', '10.0.0.1']],
    ['[2001:db8::1', ['10.0.0.1']],
    ['192.0.2.1:port', ['10.0.0.1']],
    ['fe80::1%eth0', ['10.0.0.1']],
  ] as const) {
    assert.deepEqual(proxies.hops('10.0.0.1', forwardedFor), hops, forwardedFor);
  }
});

test('no more than 16 proxies in a row are believed', () => {
  const list = (count: number) =>
    ['192.0.2.1', ...Array.from({ length: count }, (_, i) => `10.1.0.${i}`)].join(', ');
  assert.equal(proxies.hops('10.0.0.1', list(15))[0], '192.0.2.1');
  assert.equal(proxies.hops('10.0.0.1', list(16))[0], '10.1.0.0');
  assert.equal(proxies.hops('10.0.0.1', list(250)).length, 17);
});

test('a socket’s address is believed as uWebSockets.js writes it, also of a listener on ::', () => {
  assert.deepEqual(proxies.hops('0000:0000:0000:0000:0000:ffff:0a00:0001', '192.0.2.1'), [
    '192.0.2.1',
    '10.0.0.1',
  ]);
  assert.deepEqual(proxies.hops('2001:0db8:ffff:0000:0000:0000:0000:0001', '2001:db8::5'), [
    '2001:db8::5',
    '2001:db8:ffff::1',
  ]);
  // A connection that is gone has none.
  assert.deepEqual(proxies.hops('', '192.0.2.1'), ['']);
});
