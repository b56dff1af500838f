import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { localPath } from '../../src/auth/browser.js';
import { sized } from '../support/sized.js';

const LEADS = ['', ' ', '\t', '\n', '\0', '\u00a0', '\ufeff', '.', '@', '%09', '%2f', '%5c', 'x:'];
const SLASHES = [
  '//',
  '/\\',
  '\\/',
  '\\\\',
  '///',
  '/\t/',
  '/\n/',
  '/\r/',
  '/%09/',
  '/%0a/',
  '/%0d/',
  '/./',
  '/../',
  '/.//',
];
const ENCODED = [
  '/%2f',
  '/%5c',
  '/%2F%2F',
  '/%5C/',
  '/x/%2f%2e%2e',
  '/https:/%5c',
  '/<>//',
  '/x/..//',
  '/%2e%2e//',
  '/%00/',
];
const TAILS = [
  'evil.test',
  'evil.test/',
  'evil.test/%2f..',
  'us@evil.test',
  '0x7f.1',
  '[::1]',
  'evil.test:80#@here/',
];
const SCHEMES = [
  'https:',
  'http:',
  'HTTPS:',
  'javascript:',
  'data:text/html,',
  'java\tscript:',
  'ftp:',
  'https:/',
  'https://',
];

/** Where a browser on our origin ends up. */
function resolved(path: string): URL {
  return new URL(path, 'https://visiona.example:8443/api/auth/callback?x=1');
}

describe('return_to', () => {
  for (const path of [
    '/',
    '/app',
    '/devices/a-b_c~1',
    '/x?y=1&z=%2F%2Fx',
    '/x#y',
    '/x?return=https:/e',
    '/a:b@c',
    '/gr%C3%A4n',
  ]) {
    test(`${path} is kept as it is`, () => assert.equal(localPath(path), path));
  }

  test('attack 33: what leads elsewhere, in any disguise, is "/"', () => {
    for (const lead of LEADS) {
      for (const slashes of [...SLASHES, ...ENCODED]) {
        for (const tail of TAILS) assert.equal(localPath(lead + slashes + tail), '/', lead + slashes + tail);
      }
    }
    for (const scheme of SCHEMES) {
      for (const tail of TAILS) assert.equal(localPath(scheme + tail), '/', scheme + tail);
    }
    for (const text of [
      '/x\r\nSet-Cookie: a=b',
      '/x\ty',
      '/ä',
      '/x y',
      'app',
      '',
      '?x',
      '#x',
      '/a\\b',
      '/%0d%0aX: y',
    ]) {
      assert.equal(localPath(text), '/', text);
    }
    for (const query of ['?url=//evil.test', '?next=Https://evil.test', '#//evil.test']) {
      assert.equal(localPath(`/redirect${query}`), '/', query);
    }
    assert.equal(localPath(undefined), '/');
  });

  test('attack 34: our API is no page, and 8 KB is none', () => {
    for (const path of [
      '/api',
      '/api/',
      '/api/auth/login',
      '/api/auth/logout?x',
      '/API/x',
      '/api?x',
      '/ws/logs',
      '/api#x',
    ]) {
      assert.equal(localPath(path), '/', path);
    }
    assert.equal(localPath('/apiary'), '/apiary');
    assert.equal(localPath(`/${'x'.repeat(8192)}`), '/');
  });

  test('attack 33: whatever comes in, the answer stays on our origin and is no other path to a browser', () => {
    const pieces = fc.constantFrom(
      ...LEADS,
      ...SLASHES,
      ...ENCODED,
      ...TAILS,
      ...SCHEMES,
      '/',
      '?',
      '#',
      'a',
      '..',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((list) => list.join('')),
      fc.webUrl(),
    );
    const check = (text: string) => {
      const path = localPath(text);
      const { origin, pathname, search, hash } = resolved(path);
      assert.equal(origin, 'https://visiona.example:8443');
      assert.equal(pathname + search + hash, path);
      assert.ok(path.startsWith('/') && !path.startsWith('//') && !path.startsWith('/api/'));
      assert.equal(localPath(path), path);
    };
    fc.assert(fc.property(texts, check), { numRuns: sized(2000, 200_000) });
    fc.assert(
      fc.property(
        texts.map((text) => `/${text}`),
        check,
      ),
      { numRuns: sized(2000, 200_000) },
    );
  });
});
