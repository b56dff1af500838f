import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestId } from '../../src/server/request-headers.js';

test('a sane id of the caller is kept', () => {
  for (const given of ['a', 'A-b_c.9', '0'.repeat(128)]) assert.equal(requestId(given), given);
});

test('any other is replaced', () => {
  const insane = [undefined, '', ' ', 'a b', 'a\r\nb', 'a\n', 'é', '<script>', '"', 'a/b', '0'.repeat(129)];
  for (const given of insane) assert.notEqual(requestId(given), given);
});

test('new ids are sane and all different', () => {
  const ids = new Set(Array.from({ length: 10_000 }, () => requestId(undefined)));
  assert.equal(ids.size, 10_000);
  for (const id of ids) assert.equal(requestId(id), id);
});
