import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { defaultConfig } from '../../../src/tunnel/yamux/config.js';

const ROOT = new URL('../../../../', import.meta.url);
const document = readFileSync(new URL('src/tunnel/yamux/PROTOCOL.md', ROOT), 'utf8');
const tests = new URL('test/tunnel/yamux/', ROOT);

test('PROTOCOL.md lists all 43 rules, and each that is met here has a test of its name', () => {
  const rows = [...document.matchAll(/^\| (\d\d) +\|[^|]+\| ([^|]+?) +\|$/gm)];
  assert.deepEqual(
    rows.map((row) => Number(row[1])),
    Array.from({ length: 43 }, (_, i) => i + 1),
  );
  const sources = readdirSync(tests)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(new URL(name, tests), 'utf8'))
    .join('');
  for (const [, rule, where] of rows) {
    assert.equal(where?.startsWith('here'), true, `rule ${rule}`);
    assert.ok(sources.includes(`test('rule ${rule}: `), `rule ${rule} has no test`);
  }
});

test('PROTOCOL.md states the default of every bound', () => {
  const stated = new Map(
    [...document.matchAll(/^\| (\w+) +\| ([\d.]+) +\|/gm)].map((row) => [row[1], Number(row[2])]),
  );
  for (const [name, value] of Object.entries(defaultConfig)) {
    if (typeof value === 'number') assert.equal(stated.get(name), value, name);
  }
});
