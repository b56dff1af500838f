// A reader of a file learns from its first line what it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { root } from './scripts/root.js';
import { readSources } from './support/import-graph.js';

/** A sentence in a comment, behind the interpreter line of a program. */
const FIRST_LINE = /^(?:#!.*\n)?\/\/ \S+ .+/;

test('every file of src begins with a line that says what it is', () => {
  const sources = [...readSources(root, 'src')];
  assert.ok(sources.length > 100);
  const without = sources.filter(([, text]) => !FIRST_LINE.test(text)).map(([file]) => file);
  assert.deepEqual(without, []);
});
