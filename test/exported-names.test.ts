// A name that src exports means one thing: it is declared in one file.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { root } from './scripts/root.js';
import { readSources } from './support/import-graph.js';

/** A declaration that its file exports, with its name. */
const EXPORT =
  /^export (?:abstract |async |declare )*(?:class|const|enum|function\*?|interface|let|type) (\w+)/gm;

/** The names that several files may declare, with the reason. */
const SHARED = new Set([
  // Each host module exports its actors under this name, by which the thread or process that loads it finds them.
  'implementations',
]);

/** What is declared more than once, one line a name. */
function twins(sources: ReadonlyMap<string, string>): string[] {
  const declared = new Map<string, string[]>();
  for (const [file, text] of sources) {
    // Overloads of one function declare it once.
    for (const name of new Set([...text.matchAll(EXPORT)].map(([, found = '']) => found))) {
      declared.set(name, [...(declared.get(name) ?? []), file]);
    }
  }
  return [...declared]
    .filter(([name, files]) => files.length > 1 && !SHARED.has(name))
    .map(([name, files]) => `${name}: ${files.join(', ')}`);
}

test('no exported name of src is declared twice', () => {
  // The page is a program of its own, which runs in browsers.
  const sources = new Map(
    [...readSources(root, 'src')].filter(([file]) => !file.startsWith('src/web/page/')),
  );
  assert.ok(sources.size > 100);
  assert.deepEqual(twins(sources), []);
});

test('a name that two files declare is found, and one that is passed on is not', () => {
  const sources = new Map([
    ['src/a.ts', 'export interface Address {}\nexport async function listen() {}'],
    ['src/b.ts', 'export type Address = string;\nexport const implementations = [];'],
    ['src/c.ts', "export { listen } from './a.js';\nexport const implementations = [];\nconst Address = 1;"],
  ]);
  assert.deepEqual(twins(sources), ['Address: src/a.ts, src/b.ts']);
});
