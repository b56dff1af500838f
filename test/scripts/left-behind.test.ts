import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { isRunning } from '../e2e/kit/program.js';
import { until } from '../support/until.js';
import { root } from './root.js';

/** Starts processes that never end, each in another way, writes their ids to a file, and is ended as by a time-out. */
const ENDED = `
import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
const FOREVER = ['-e', 'setInterval(() => {}, 1000)'];
const PARENT = "const { pid } = require('child_process').spawn(process.execPath, " + JSON.stringify(FOREVER) +
  ", { detached: true, stdio: 'ignore' }); console.log(pid); setInterval(() => {}, 1000)";
test('is ended', async () => {
  const detached = { detached: true, stdio: 'ignore' };
  const plain = spawn(process.execPath, FOREVER, { stdio: 'ignore' });
  const own = spawn(process.execPath, FOREVER, detached);
  const bare = spawn(process.execPath, FOREVER, { ...detached, env: {} });
  const parent = spawn(process.execPath, ['-e', PARENT], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const grandchild = await new Promise((resolve) => parent.stdout.once('data', (line) => resolve(Number(line))));
  const pids = [plain, own, bare, parent].map(({ pid }) => pid).concat(grandchild);
  writeFileSync(process.env.PIDS + '.new', JSON.stringify(pids));
  renameSync(process.env.PIDS + '.new', process.env.PIDS);
  process.kill(process.pid, 'SIGKILL');
});
`;

/** The other way to end: to hang after its tests are done, which no bound of a test ends. */
const HANGING = ENDED.replace("process.kill(process.pid, 'SIGKILL');", 'setInterval(() => {}, 1000);');

for (const [how, source, timeoutMs] of [
  ['that is ended', ENDED, 60_000],
  ['that takes too long', HANGING, 10_000],
] as const) {
  test(`O7: what a test file has started ${how} ends with it, detached or not`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'visiona-left-'));
    try {
      const file = join(folder, 'starts.mjs');
      const pids = join(folder, 'pids');
      await writeFile(file, source);
      const runFiles = pathToFileURL(join(root, 'scripts/run-files.mjs'));
      const run = `import { runFiles } from '${runFiles}'; process.exitCode = await runFiles(['${file}'], ${timeoutMs});`;
      // A runner inside a test file would run nothing.
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', run], {
        env: { ...env, PIDS: pids },
        encoding: 'utf8',
      });
      assert.equal(status, 1, stdout);
      const started: number[] = JSON.parse(await readFile(pids, 'utf8'));
      assert.equal(started.length, 5);
      // Who was killed is gone a moment later.
      await until(async () => !started.some(isRunning));
      assert.match(stdout, /which a test file left behind/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}
