// This module runs test files, and ends the processes that a test file leaves behind, as one that was killed for its time may.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { childrenOf, commandOf, identityOf, orphans, RUN } from './marks.mjs';
import { root, say } from './setup.mjs';

/**
 * How often the runner looks for processes that were left behind, in milliseconds. A process that is seen twice is not just
 * ending.
 */
const LOOK_EVERY_MS = 2000;

/**
 * Runs test files. Resolves with the exit code of the runner.
 * @param {readonly string[]} files paths from the root of the repository
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
  const overdue = new Overdue(runner.pid ?? 0, timeoutMs);
  let seen = new Set();
  const timer = setInterval(() => {
    overdue.end();
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

/**
 * Ends test files that take too long. Node 20 bounds a file's time itself, but newer versions bound each test and not the file.
 */
class Overdue {
  #runner;
  #timeoutMs;
  /** When each file's process was seen first, by the process id. */
  #since = new Map();

  /** @param {number} runner @param {number} timeoutMs */
  constructor(runner, timeoutMs) {
    this.#runner = runner;
    this.#timeoutMs = timeoutMs;
  }

  end() {
    const now = performance.now();
    const since = new Map(childrenOf(this.#runner).map((pid) => [pid, this.#since.get(pid) ?? now]));
    for (const [pid, first] of since) {
      if (now - first < this.#timeoutMs) continue;
      const command = commandOf(pid);
      if (killed(pid)) say(`test: ended a file after ${this.#timeoutMs / 1000} s: ${command}`);
    }
    this.#since = since;
  }
}

/** @param {readonly { pid: number, command: string }[]} left */
function end(left) {
  for (const { pid, command } of left) {
    if (killed(pid)) say(`test: ended process ${pid}, which a test file left behind: ${command}`);
  }
}

/** Kills a process; false: the process has ended meanwhile. @param {number} pid */
function killed(pid) {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
