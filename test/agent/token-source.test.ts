import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readTokenFile } from '../../src/agent/token-file.js';
import { openTokenSource } from '../../src/agent/token-source.js';
import { logCapture } from './log-capture.js';

function pathIn(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'visiona-token-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'token');
}

test('a given token is kept in the file and used', async (t) => {
  const path = pathIn(t);
  const token = await openTokenSource({ path, given: 'fresh', log: logCapture().log });
  assert.equal(token(), 'fresh');
  assert.equal(readTokenFile(path), 'fresh');
});

test('a given token works without a place to keep it, with a warning that does not show it', async (t) => {
  const blocked = pathIn(t);
  writeFileSync(blocked, '');
  const { log, lines } = logCapture();
  const token = await openTokenSource({ path: join(blocked, 'token'), given: 's3cret', log });
  assert.equal(token(), 's3cret');
  assert.match(lines[0]?.msg ?? '', /could not be kept/);
  assert.doesNotMatch(JSON.stringify(lines), /s3cret/);
});

test('a token that is put into the file later is taken up', async (t) => {
  const path = pathIn(t);
  writeFileSync(path, 'first', { mode: 0o600 });
  const token = await openTokenSource({ path, given: undefined, log: logCapture().log });
  writeFileSync(path, 'second');
  assert.equal(token(), 'second');
});

test('a file that becomes unusable is reported and the last good token goes on', async (t) => {
  const path = pathIn(t);
  writeFileSync(path, 'good', { mode: 0o600 });
  const { log, lines } = logCapture();
  const token = await openTokenSource({ path, given: undefined, log });
  rmSync(path);
  assert.equal(token(), 'good');
  assert.equal(lines[0]?.code, 'ERR_TOKEN_FILE_MISSING');
  writeFileSync(path, 'better', { mode: 0o600 });
  assert.equal(token(), 'better');
});

test('there is no start without a token', async (t) => {
  const source = openTokenSource({ path: pathIn(t), given: undefined, log: logCapture().log });
  await assert.rejects(source, { code: 'ERR_TOKEN_FILE_MISSING' });
});
