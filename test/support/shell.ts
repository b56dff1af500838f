// Shell is a shell to which a test gives commands, as a person does who follows a document.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** How long an output may be awaited, in ms: far above any wait, so that only a hang reaches it. */
const DEADLINE_MS = 120_000;

/** A shell like that of a person who copies commands into it: variables and jobs last from one command to the next. */
export class Shell {
  /** Everything that the commands have written, to stdout and stderr. */
  output = '';
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting = new Set<() => void>();
  #over = false;

  constructor(folder: string, env: Readonly<Record<string, string>>) {
    // Without a terminal the shell's jobs get no groups of their own, so that everything it started ends with its group.
    this.#child = spawn('bash', ['--norc'], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#wake();
      });
    }
    this.#child.once('exit', () => {
      this.#over = true;
      this.#wake();
    });
  }

  /** Runs commands; resolves with the output up to the end of the last command. */
  async run(commands: string): Promise<string> {
    const from = this.output.length;
    const mark = `${randomUUID()} done`;
    this.#child.stdin.write(`${commands}\necho "${mark}"\n`);
    await this.said(new RegExp(mark));
    return this.output.slice(from);
  }

  /** Resolves with the match once the output matches. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const fail = (why: string): void => {
        done();
        reject(new Error(`${pattern}: ${why}:\n${this.output}`));
      };
      const timer = setTimeout(() => fail('not in time'), DEADLINE_MS);
      const look = (): void => {
        const match = pattern.exec(this.output);
        if (match === null) return this.#over ? fail('the shell has ended') : undefined;
        done();
        resolve(match);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Ends the shell and everything that it started. */
  async end(): Promise<void> {
    if (this.#child.pid === undefined || this.#over) return;
    const exited = once(this.#child, 'exit');
    process.kill(-this.#child.pid, 'SIGKILL');
    await exited;
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}
