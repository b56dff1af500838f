// Started is a command of the repository that runs as a child process.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './root.js';

// Where tests may have a database is a setting of what these tests start, too.
delete process.env.DATABASE_URL;

/** A command that runs. */
export class Started {
  output = '';
  errors = '';
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  #waiting: (() => void)[] = [];

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      this.#wake();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    this.exited = new Promise((resolve) => {
      child.once('close', (code) => {
        resolve(code);
        this.#wake();
      });
    });
  }

  /** Resolves when `text` was printed; rejects when the script ends without. */
  async printed(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`it ended:\n${this.output}\n${this.errors}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it with all that it started, as far as it has not ended. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGTERM');
    await this.exited;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Runs a script itself. */
export function startScript(name: string, env: Record<string, string>): Started {
  return startCommand(process.execPath, [join(root, 'scripts', name)], env);
}

/** Runs a command in a folder, which is the repository's unless it is given. */
export function startCommand(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  folder = root,
): Started {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Started(child);
}
