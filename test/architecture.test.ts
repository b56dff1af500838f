// ARCHITECTURE.md's table of folders is the plan; this holds every import of src against it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { test } from 'node:test';
import { root } from './scripts/root.js';
import { circles, type Import, importsOf, readSources } from './support/import-graph.js';

/** What the table says. */
interface Plan {
  /** Folders that every folder may import. */
  readonly ground: ReadonlySet<string>;
  /** The other folders that each folder may import. */
  readonly allowed: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A row of the table: `| src/x | what | src/y, src/z |`, where the last cell of the ground floor says `everywhere`. */
const ROW = /^\| `(src[^`]*)` +\|[^|]*\|([^|]*)\|$/gm;

/** Reads the table. */
function readPlan(document: string): Plan {
  const rows = [...document.matchAll(ROW)].map(([, folder = '', cell = '']) => ({ folder, cell }));
  const named = (cell: string): string[] =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => `src/${name}`);
  return {
    ground: new Set(rows.filter(({ cell }) => cell.includes('**ground**')).map(({ folder }) => folder)),
    allowed: new Map(rows.map(({ folder, cell }) => [folder, new Set(named(cell))])),
  };
}

/** What of `sources` is against the table, one sentence each. */
function againstPlan({ ground, allowed }: Plan, sources: ReadonlyMap<string, string>): string[] {
  const folders = new Set([...sources.keys()].map(dirname));
  const may = (from: string, to: string): boolean =>
    from === to || ground.has(to) || allowed.get(from)?.has(to) === true;
  return [
    ...[...folders].filter((folder) => !allowed.has(folder)).map((folder) => `${folder} is not in the table`),
    ...[...allowed.keys()].filter((folder) => !folders.has(folder)).map((folder) => `${folder} is not there`),
    ...importsOf(sources)
      .filter(({ from, to }) => !may(dirname(from), dirname(to)))
      .map(({ from, to }) => `${from} imports ${to}, which its folder may not`),
  ];
}

/** What the table allows and no import does. */
function unused({ allowed }: Plan, imports: readonly Import[]): string[] {
  const used = new Set(imports.map(({ from, to }) => `${dirname(from)} ${dirname(to)}`));
  return [...allowed].flatMap(([from, others]) =>
    [...others].filter((to) => !used.has(`${from} ${to}`)).map((to) => `${from} imports nothing of ${to}`),
  );
}

const byFolder = (imports: readonly Import[]): Import[] =>
  imports.map(({ from, to }) => ({ from: dirname(from), to: dirname(to) }));

/** The folders of src as they are seen from above: `src/tunnel` for all that is below it. */
const byTopFolder = (imports: readonly Import[]): Import[] =>
  byFolder(imports).map(({ from, to }) => ({ from: topOf(from), to: topOf(to) }));

const topOf = (folder: string): string => folder.split('/').slice(0, 2).join('/');

const PLAN = readPlan(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'));
const SOURCES = readSources(root, 'src');
const IMPORTS = importsOf(SOURCES);

test('every folder of src is in the table, and every import of src is one that the table allows', () => {
  assert.ok(PLAN.allowed.size > 20 && IMPORTS.length > 1000, 'the table or the sources were not read');
  assert.deepEqual(againstPlan(PLAN, SOURCES), []);
});

test('the table allows nothing that no file does', () => {
  assert.deepEqual(unused(PLAN, IMPORTS), []);
});

test('no folder takes part in a circle, also as seen from above', () => {
  assert.deepEqual(circles(byFolder(IMPORTS)), []);
  assert.deepEqual(circles(byTopFolder(IMPORTS)), []);
});

test('no file takes part in a circle, not even by types', () => {
  assert.deepEqual(circles(IMPORTS), []);
});

test('an import against the table is found, by value, by type, dynamic, and of a module that is loaded by its URL', () => {
  const plan = readPlan(
    ['| `src/low` | words | **ground** |', '| `src/a` | one | `b` |', '| `src/b` | other | – |'].join('\n'),
  );
  const tree = (text: string): ReadonlyMap<string, string> =>
    new Map([
      ['src/low/words.ts', ''],
      ['src/a/a.ts', "import { b } from '../b/b.js';\nimport '../low/words.js';"],
      ['src/b/b.ts', `import type { W } from '../low/words.js';\n${text}`],
    ]);
  assert.deepEqual(againstPlan(plan, tree("import { z } from 'zod';")), []);
  for (const bad of [
    "import { a } from '../a/a.js';",
    "import type { A } from '../a/a.js';",
    "export * from '../a/a.js';",
    "const a = await import('../a/a.js');",
    "start(new URL('../a/a.js', import.meta.url));",
  ]) {
    const said = ['src/b/b.ts imports src/a/a.ts, which its folder may not'];
    assert.deepEqual(againstPlan(plan, tree(bad)), said);
    assert.deepEqual(circles(byFolder(importsOf(tree(bad)))), [['src/a', 'src/b']]);
  }
});

test('a folder that the table does not have is found, and a row without a folder', () => {
  const plan = readPlan('| `src/a` | one | – |\n| `src/gone` | one | – |');
  const sources = new Map([
    ['src/a/a.ts', ''],
    ['src/new/n.ts', ''],
  ]);
  assert.deepEqual(againstPlan(plan, sources), ['src/new is not in the table', 'src/gone is not there']);
});

test('a permission that nothing uses is found', () => {
  const plan = readPlan('| `src/a` | one | `b` |\n| `src/b` | one | – |');
  const sources = new Map([
    ['src/a/a.ts', ''],
    ['src/b/b.ts', ''],
  ]);
  assert.deepEqual(unused(plan, importsOf(sources)), ['src/a imports nothing of src/b']);
});
