import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** From dist/test/actors/contract to the sources. */
const root = new URL('../../../../', import.meta.url);

function sentences(): string[] {
  const text = readFileSync(new URL('src/actors/CONTRACT.md', root), 'utf8');
  return text.split('\n').flatMap((line) => (line.startsWith('- ') ? [line.slice(2)] : []));
}

function testNames(): string[] {
  const folder = new URL('test/actors/contract/', root);
  const sources = readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith('.test.ts'));
  const text = sources.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  return [...text.matchAll(/^\s*sentence\(\s*(['"])(.*?)\1,/gm)].map((match) => match[2] ?? '');
}

test('every sentence of CONTRACT.md is the name of a test, and every such test is a sentence', () => {
  const stated = sentences();
  assert.ok(stated.length > 40);
  assert.deepEqual(testNames().toSorted(), stated.toSorted());
});
