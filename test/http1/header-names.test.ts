import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeaderNames } from '../../src/http1/header-names.js';

const names = new HeaderNames(['set-cookie', 'date', 'access-control-*']);

test('holds its names in any case, with _ for -, and nothing else', () => {
  for (const name of [
    'set-cookie',
    'Set-Cookie',
    'SET_COOKIE',
    'date',
    'Access-Control-Allow-Origin',
    'access-control-',
  ]) {
    assert.ok(names.has(name), name);
  }
  for (const name of [
    '',
    'set-cookie2',
    'set-cooki',
    'dat',
    'xdate',
    'access-control',
    'x-access-control-y',
    'dàte',
  ]) {
    assert.ok(!names.has(name), name);
  }
});

test('agrees with a plain definition', () => {
  const plain = (name: string) => {
    const lower = name.replace(/[A-Z]/g, (c) => c.toLowerCase()).replaceAll('_', '-');
    return lower === 'set-cookie' || lower === 'date' || lower.startsWith('access-control-');
  };
  const near = fc.stringMatching(/^([SsDd][Ee][tT][-_]cookie|dat[eE]|access[-_]control[-_]?[a-z]{0,3})x?$/);
  fc.assert(fc.property(fc.oneof(fc.string(), near), (name) => names.has(name) === plain(name)));
});
