import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, isLoopback, parseAddress, urlOf } from '../../src/net/address.js';

test('host:port, IPv4, names and bracketed IPv6 are read', () => {
  assert.deepEqual(parseAddress('127.0.0.1:3800'), { host: '127.0.0.1', port: 3800 });
  assert.deepEqual(parseAddress('proxy.internal:0'), { host: 'proxy.internal', port: 0 });
  assert.deepEqual(parseAddress('[::1]:65535'), { host: '::1', port: 65_535 });
});

for (const text of [
  '',
  ':3800',
  '3800',
  'host',
  'host:',
  '::1:3800',
  '[::1]',
  '[host]:1',
  'h:65536',
  'h:-1',
  'h:1x',
  '-h:1',
  'a b:1',
  'http://h:1',
]) {
  test(`"${text}" is no address`, () => {
    assert.equal(parseAddress(text), undefined);
  });
}

test('what is written is read back as it was', () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
  fc.assert(
    fc.property(host, port, (name, number) => {
      const address = { host: name, port: number };
      assert.deepEqual(parseAddress(formatAddress(address)), address);
    }),
  );
});

test('loopback is 127/8, ::1 and localhost, and nothing that only looks like it', () => {
  for (const host of [
    '127.0.0.1',
    '127.8.9.10',
    '::1',
    '[::1]',
    'localhost',
    'a.localhost',
    '::ffff:127.0.0.1',
  ]) {
    assert.equal(isLoopback(host), true, host);
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.example', 'localhost.example', '1127.0.0.1']) {
    assert.equal(isLoopback(host), false, host);
  }
});

test('a URL for this machine: wildcards become loopback, port 0 the one that was bound', () => {
  assert.equal(urlOf('http', { host: '0.0.0.0', port: 0 }, 4000), 'http://127.0.0.1:4000');
  assert.equal(urlOf('ws', { host: '::', port: 3800 }), 'ws://[::1]:3800');
  assert.equal(urlOf('ws', { host: 'tunnel.lan', port: 3800 }), 'ws://tunnel.lan:3800');
});
