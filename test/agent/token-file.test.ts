import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readTokenFile, writeTokenFile } from '../../src/agent/token-file.js';
import { ReservedFile } from '../../src/files/reserved-file.js';

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'visiona-token-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function fileWith(t: TestContext, content: string, mode = 0o600): string {
  const path = join(directory(t), 'token');
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

test('a token is written for its user only and read back', async (t) => {
  const path = join(directory(t), 'below', 'it', 'token');
  await writeTokenFile(path, 'vis_abc');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
  assert.equal(readTokenFile(path), 'vis_abc');
});

test('writing replaces the old file whole, its mode too, and leaves nothing else', async (t) => {
  const path = fileWith(t, 'old', 0o644);
  await writeTokenFile(path, 'new');
  assert.equal(readFileSync(path, 'utf8'), 'new\n');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(path, '..')), ['token']);
});

test('a write that fails leaves nothing behind', async (t) => {
  const path = join(directory(t), 'token');
  mkdirSync(join(path, 'in-the-way'), { recursive: true });
  await assert.rejects(writeTokenFile(path, 'new'), { code: 'EISDIR' });
  assert.deepEqual(readdirSync(join(path, '..')), ['token']);
});

for (const mode of [0o640, 0o604, 0o620, 0o601, 0o666]) {
  test(`a file of mode ${mode.toString(8)} is refused, and the message says what to do`, (t) => {
    const path = fileWith(t, 'token', mode);
    assert.throws(() => readTokenFile(path), { code: 'ERR_TOKEN_FILE_EXPOSED', message: /run chmod 600/ });
  });
}

test('a read-only file of its user is fine', (t) => {
  assert.equal(readTokenFile(fileWith(t, 'token\n', 0o400)), 'token');
});

test('a missing file says where a token comes from', (t) => {
  const path = join(directory(t), 'none');
  assert.throws(() => readTokenFile(path), {
    code: 'ERR_TOKEN_FILE_MISSING',
    message: /VISIONA_DEVICE_TOKEN/,
  });
});

for (const [name, content] of [
  ['empty', ''],
  ['two words', 'a b'],
  ['two lines', 'a\nb\n'],
  ['not ASCII', 'tökén'],
  ['too long', 'x'.repeat(4097)],
] as const) {
  test(`content that is no token is refused: ${name}`, (t) => {
    assert.throws(() => readTokenFile(fileWith(t, content)), { code: 'ERR_TOKEN_FILE_INVALID' });
  });
}

test('a FIFO or a directory is refused without waiting', (t) => {
  const parent = directory(t);
  execFileSync('mkfifo', ['-m', '600', join(parent, 'fifo')]);
  mkdirSync(join(parent, 'dir'), { mode: 0o700 });
  for (const name of ['fifo', 'dir']) {
    assert.throws(() => readTokenFile(join(parent, name)), { code: 'ERR_TOKEN_FILE_INVALID' });
  }
});

test('a directory that cannot be made is an error, and no wait without end', async () => {
  await assert.rejects(ReservedFile.at('/proc/none/token'), { code: 'ENOENT' });
});
