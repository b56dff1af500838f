import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generate, generatedPath, openDataDir, readGenerated } from '../../src/config/generated.js';
import { Secret } from '../../src/text/secret.js';
import { tempDir } from './given.js';

const mode = (path: string): number => statSync(path).mode & 0o777;

test('the data directory is made with mode 0700, a secret in it with mode 0600', (t) => {
  const dir = join(tempDir(t), 'deep', 'data');
  assert.equal(openDataDir(dir), undefined);
  assert.ok(generate(dir, 'internal-secret') instanceof Secret);
  assert.equal(mode(dir), 0o700);
  assert.equal(mode(generatedPath(dir, 'internal-secret')), 0o600);
  assert.deepEqual(readdirSync(dir), ['internal-secret']);
});

test('of two that generate, the second gets what the first made', (t) => {
  const dir = tempDir(t);
  const [one, two] = [generate(dir, 'session-secret'), generate(dir, 'session-secret')];
  assert.ok(one instanceof Secret && two instanceof Secret);
  assert.equal(one.reveal(), two.reveal());
});

test('a directory that others can write to is refused', (t) => {
  const dir = join(tempDir(t), 'open');
  mkdirSync(dir);
  chmodSync(dir, 0o777);
  assert.match(openDataDir(dir)?.problem ?? '', /other users can write/);
});

test('a place that can hold no directory is refused: Node would try for ever', {
  skip: !existsSync('/proc/self'),
  timeout: 10_000,
}, () => {
  for (const dir of ['/proc/nope', '/proc/nope/deep/data']) {
    assert.match(openDataDir(dir)?.problem ?? '', /cannot be made or read \(ENOENT\)/);
  }
});

test('a file where the directory should be is refused', (t) => {
  const file = join(tempDir(t), 'file');
  writeFileSync(file, '');
  assert.match(openDataDir(file)?.problem ?? '', /cannot be made/);
});

test('a secret that others can read, or that is cut short, is refused and not shown', (t) => {
  const dir = tempDir(t);
  const path = generatedPath(dir, 'internal-secret');
  assert.equal(readGenerated(dir, 'internal-secret'), undefined);
  for (const [text, permissions] of [
    ['a'.repeat(43), 0o644],
    ['abcdef', 0o600],
  ] as const) {
    writeFileSync(path, text);
    chmodSync(path, permissions);
    const found = readGenerated(dir, 'internal-secret');
    assert.ok(found !== undefined && !(found instanceof Secret));
    assert.equal(found.name, path);
    assert.doesNotMatch(found.problem, new RegExp(text));
  }
});

test('a secret that is a link or no regular file is refused, without waiting for a writer', (t) => {
  const dir = tempDir(t);
  writeFileSync(join(dir, 'elsewhere'), 'a'.repeat(43), { mode: 0o600 });
  symlinkSync(join(dir, 'elsewhere'), generatedPath(dir, 'internal-secret'));
  mkdirSync(generatedPath(dir, 'session-secret'), { mode: 0o700 });
  execFileSync('mkfifo', ['-m', '600', generatedPath(dir, 'dev-provider-secret')]);
  for (const name of ['internal-secret', 'session-secret', 'dev-provider-secret'] as const) {
    const found = readGenerated(dir, name);
    assert.ok(found !== undefined && !(found instanceof Secret), name);
    assert.equal(found.name, generatedPath(dir, name));
  }
});
