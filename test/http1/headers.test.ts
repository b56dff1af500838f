import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addConnectionHeaders,
  endToEndHeaders,
  equalsIgnoringCase,
  HOP_BY_HOP,
  isHopByHop,
  isMessageHeader,
} from '../../src/http1/headers.js';

const END_TO_END = [
  'content-type',
  'set-cookie',
  'te2',
  't',
  '',
  'trailers',
  'upgrade-insecure-requests',
  'via',
];

function mixCase(name: string): string {
  return [...name].map((letter, i) => (i % 2 ? letter : letter.toUpperCase())).join('');
}

test('hop-by-hop fields are known in small letters', () => {
  for (const name of HOP_BY_HOP) assert.ok(isHopByHop(name), name);
  for (const name of [...END_TO_END, 'content-length']) assert.ok(!isHopByHop(name), name);
});

test('message fields are known in any case', () => {
  for (const name of [...HOP_BY_HOP, 'content-length']) {
    for (const written of [name, name.toUpperCase(), mixCase(name)])
      assert.ok(isMessageHeader(written), written);
    assert.ok(!isMessageHeader(`${name}x`));
    assert.ok(!isMessageHeader(name.slice(1)));
  }
  for (const name of END_TO_END) assert.ok(!isMessageHeader(name), name);
});

test('equalsIgnoringCase folds letters only', () => {
  assert.ok(equalsIgnoringCase('Keep-Alive', 'keep-alive'));
  assert.ok(!equalsIgnoringCase('Keep\rAlive', 'keep-alive'));
  assert.ok(!equalsIgnoringCase('@', '`'));
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const lower = b.toLowerCase();
      // Names are ASCII; other letters fold to something else in JavaScript.
      fc.pre(/^[\0-\x7f]*$/.test(a + b));
      assert.equal(equalsIgnoringCase(a, lower), a.toLowerCase() === lower);
    }),
  );
});

const LISTS: [value: string, names: string[]][] = [
  ['close', []],
  ['Keep-Alive', []],
  ['Upgrade', []],
  ['', []],
  [' , ,', []],
  ['close, X-Debug', ['x-debug']],
  ['x-a,X-B ,\tx-a', ['x-a', 'x-b']],
  ['TE, trailer, keep-alive', []],
];

for (const [value, names] of LISTS) {
  test(`Connection: ${JSON.stringify(value)} lists ${JSON.stringify(names)}`, () => {
    const into = new Set<string>();
    addConnectionHeaders(value, into);
    assert.deepEqual([...into], names);
  });
}

test('a response keeps its end-to-end fields, in their order and case', () => {
  const kept = ['Content-Type', 'text/plain', 'Set-Cookie', 'a=1', 'SET-COOKIE', 'b=2', 'X-Empty', ''];
  const dropped = [
    ...['Connection', 'close', 'CONNECTION', 'X-Debug', 'x-debug', '1', 'X-DEBUG', '2'],
    ...['Keep-Alive', 'timeout=5', 'Transfer-Encoding', 'chunked', 'content-length', '3', 'Trailer', 'X'],
  ];
  assert.deepEqual(endToEndHeaders([...dropped, ...kept]), kept);
  assert.deepEqual(endToEndHeaders([...kept, ...dropped]), kept);
  assert.deepEqual(endToEndHeaders([]), []);
});

test('property: no hop-by-hop field passes, every other does', () => {
  const name = fc.oneof(
    fc.constantFrom(...HOP_BY_HOP, 'content-length').map(mixCase),
    fc.constantFrom('a', 'Date', 'x-1'),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.constantFrom('', 'close', 'x-1, A', 'v'))), (fields) => {
      const listed = new Set<string>();
      for (const [key, value] of fields) {
        if (key.toLowerCase() === 'connection') addConnectionHeaders(value, listed);
      }
      const expected = fields.filter(([key]) => {
        const lower = key.toLowerCase();
        return !isHopByHop(lower) && lower !== 'content-length' && !listed.has(lower);
      });
      assert.deepEqual(endToEndHeaders(fields.flat()), expected.flat());
    }),
  );
});
