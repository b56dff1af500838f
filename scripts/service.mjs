// This module runs a long-running visiona command as a child process of a script.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './setup.mjs';

/** The compiled program of the command line. */
export const VISIONA = join(root, 'dist/src/cli/visiona.js');

/** @typedef {{ readonly code: number, readonly said: string }} Exit how a command ended; `said` is a text for people */

/**
 * Runs one command in a process group of its own, so that the Ctrl-C of a terminal reaches the command once, from the script.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {(line: string) => void} print takes each line that the command logs
 */
export function service(args, env, print) {
  const child = spawn(process.execPath, [VISIONA, ...args], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  // However this script ends, no process that it started may outlive it.
  process.on('exit', () => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout }).on('line', print);
  /**
   * Finds the next line that contains all these texts.
   * @param {readonly string[]} texts
   * @returns {Promise<Record<string, string>>}
   */
  const line = (...texts) =>
    new Promise((found) => {
      lines.on('line', (text) => texts.every((each) => text.includes(each)) && found(JSON.parse(text)));
    });
  /** @type {Promise<Exit>} */
  const exited = new Promise((ended) => {
    child.once('close', (code, signal) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      ended({ code: code ?? 1, said: `visiona ${args[0]} ended ${how}` });
    });
  });
  return { ready: line('"msg":"ready"'), line, exited, stop: () => child.kill('SIGTERM') };
}
