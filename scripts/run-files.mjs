// Runs test files, and ends the processes that a file leaves behind, as one does that was ended itself for taking too long.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { identityOf, orphans, RUN } from './marks.mjs';
import { root, say } from './setup.mjs';

/** How often it is looked for processes that were left behind, in milliseconds. One that is seen twice is not just ending. */
const LOOK_EVERY_MS = 2000;

/**
 * Resolves with the exit code of the runner.
 * @param {readonly string[]} files from the root of the repository
 * @param {number} timeoutMs the longest that a file may take
 * @param {readonly string[]} flags of node --test
 * @returns {Promise<number>}
 */
export function runFiles(files, timeoutMs, flags = []) {
  const run = identityOf(process.pid);
  const runner = spawn(
    process.execPath,
    [
      '--test',
      '--enable-source-maps',
      `--import=${join(root, 'scripts/marked-children.mjs')}`,
      '--test-reporter=spec',
      `--test-concurrency=${availableParallelism()}`,
      `--test-timeout=${timeoutMs}`,
      ...flags,
      ...files,
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, [RUN]: run } },
  );
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => runner.kill(signal));
  let seen = new Set();
  const timer = setInterval(() => {
    const left = orphans(run);
    end(left.filter(({ pid }) => seen.has(pid)));
    seen = new Set(left.map(({ pid }) => pid));
  }, LOOK_EVERY_MS);
  return new Promise((resolve) => {
    runner.on('exit', (code) => {
      clearInterval(timer);
      end(orphans(run));
      resolve(code ?? 1);
    });
  });
}

/** @param {readonly { pid: number, command: string }[]} left */
function end(left) {
  for (const { pid, command } of left) {
    try {
      process.kill(pid, 'SIGKILL');
      say(`test: ended process ${pid}, which a test file left behind: ${command.slice(0, 200)}`);
    } catch {
      // It has ended meanwhile.
    }
  }
}
