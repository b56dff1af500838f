// A long-running visiona command as a child process of a script.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './setup.mjs';

export const VISIONA = join(root, 'dist/src/cli/visiona.js');

/**
 * Runs one command in a process group of its own, so that the Ctrl-C of a terminal reaches it once, from the script.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {(line: string) => void} print takes each line it logs
 */
export function service(args, env, print) {
  const child = spawn(process.execPath, [VISIONA, ...args], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  // However this script ends, nothing that it started may outlive it.
  process.on('exit', () => child.kill('SIGKILL'));
  /** @type {Promise<Record<string, string>>} */
  const ready = new Promise((found) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      print(line);
      if (line.includes('"msg":"ready"')) found(JSON.parse(line));
    });
  });
  /** @type {Promise<number>} */
  const exited = new Promise((ended) => {
    child.once('close', (code) => ended(code ?? 1));
  });
  return { ready, exited, stop: () => child.kill('SIGTERM') };
}
