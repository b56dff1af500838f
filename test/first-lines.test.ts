// A reader of a file learns from its first line what it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { root } from './scripts/root.js';
import { readSources } from './support/import-graph.js';

/** A sentence in a comment, behind the interpreter line of a program. */
const FIRST_LINE = /^(?:#!.*\n)?\/\/ \S+ .+/;

for (const [folder, extension] of [
  ['src', '.ts'],
  ['test', '.ts'],
  ['bench', '.ts'],
  ['scripts', '.mjs'],
] as const) {
  // A test needs no such line: the names of its tests say what it is.
  test(`every file of ${folder} begins with a line that says what it is`, () => {
    const sources = [...readSources(root, folder, extension)].filter(([file]) => !file.endsWith('.test.ts'));
    assert.ok(sources.length > 5);
    const without = sources.filter(([, text]) => !FIRST_LINE.test(text)).map(([file]) => file);
    assert.deepEqual(without, []);
  });
}
