import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './scripts/root.js';

/** The numbers of the catalogue, in its order. */
const CASES = [...readFileSync(join(root, 'docs/attacks.md'), 'utf8').matchAll(/^(\d+)\. /gm)].map(([, n]) =>
  Number(n),
);

const TESTS = join(root, 'test');

/** A test, or a group of them, whose name begins with the numbers of the attacks that it stands for. */
const NAMED = /\b(?:test|describe)\(\s*['"`]attacks? ([\d, ]+)/g;

test('each attack of the catalogue has a test that is named after it', () => {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const found = new Set<number>();
  for (const file of files) {
    for (const [, numbers = ''] of readFileSync(join(TESTS, file), 'utf8').matchAll(NAMED)) {
      for (const number of numbers.match(/\d+/g) ?? []) found.add(Number(number));
    }
  }
  const all = Array.from(CASES, (_, i) => i + 1);
  assert.deepEqual(CASES, all, 'the catalogue is numbered from 1');
  assert.deepEqual(
    all.filter((number) => !found.has(number)),
    [],
    'attacks without a test',
  );
  assert.deepEqual(
    [...found].filter((number) => !all.includes(number)),
    [],
    'tests of attacks that there are not',
  );
});
