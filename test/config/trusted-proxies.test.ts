import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadApiConfig, loadProxyConfig, loadUpConfig } from '../../src/config/load.js';
import { given, issuesOf, tempDir } from './given.js';

test('trusted proxies are addresses and ranges of both families; there are none unless they are listed', (t) => {
  const env = { VISIONA_DATA_DIR: tempDir(t) };
  assert.equal(loadUpConfig(given(env)).trustedProxies, undefined);
  const list = ' 192.0.2.1, 10.0.0.0/8,2001:DB8::/32 , ::1,::ffff:198.51.100.1, 172.16.0.0/12,203.0.113.7/32';
  for (const load of [loadUpConfig, loadProxyConfig, loadApiConfig]) {
    const { trustedProxies: ranges } = load(given(env, { 'trusted-proxies': list }));
    assert.ok(ranges !== undefined);
    const holds = (address: string) => ranges.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
    for (const address of ['192.0.2.1', '10.255.255.255', '2001:db8:ffff::1', '::1', '198.51.100.1']) {
      assert.ok(holds(address), address);
    }
    for (const address of ['172.31.255.255', '203.0.113.7']) assert.ok(holds(address), address);
    for (const address of ['192.0.2.2', '11.0.0.0', '2001:db9::1', '::2', '172.32.0.0', '203.0.113.8']) {
      assert.ok(!holds(address), address);
    }
  }
});

test('whatever else is listed is refused with a sentence that names it', (t) => {
  const env = { VISIONA_DATA_DIR: tempDir(t) };
  const problems = (list: string) =>
    issuesOf(() => loadProxyConfig(given({ ...env, VISIONA_TRUSTED_PROXIES: list })));
  for (const bad of [
    'proxy.example',
    'localhost',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.0/255.0.0.0',
    '2001:db8::/129',
    '[::1]',
    'fe80::1%eth0',
    '::ffff:10.0.0.0/104',
    '10.0.0.1:80',
    '/8',
    '*',
  ]) {
    assert.deepEqual(problems(`192.0.2.1,${bad}`), [
      `VISIONA_TRUSTED_PROXIES: "${bad}" is neither an IP address nor a CIDR range; write it like 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32`,
    ]);
  }
  assert.match(problems('10.0.0.1,')[0] ?? '', /: "" is neither/);
  assert.equal(problems('a,10.0.0.1,b').length, 2);
  for (const everybody of ['0.0.0.0/0', '::/0']) {
    assert.match(problems(everybody)[0] ?? '', /is every address.*; list your proxies alone$/);
  }
});
