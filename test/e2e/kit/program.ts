// Program is a `visiona` command as a child process, with its log.
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The path of the compiled command-line program. */
export const VISIONA = fileURLToPath(new URL('../../../src/cli/visiona.js', import.meta.url));

/** How long a line of the log may be awaited, in ms: far above any wait, so that only a hang reaches it. */
const LINE_TIMEOUT_MS = 30_000;

/** One line of a process's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

/** The way in which a process ended. */
export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `visiona` command as a child process, with the given environment and no other setting. */
export class Program {
  /** Resolves when the process is gone, and every process that shares its output. */
  readonly exited: Promise<ProgramExit>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #reader: Interface;
  readonly #lines: LogLine[] = [];
  readonly #watchers = new Set<(line: LogLine | undefined) => void>();
  readonly #listeners = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  #over = false;

  /** @param under a command, with its arguments, that becomes the program */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    under: readonly string[] = [],
  ) {
    const [file = '', ...rest] = [...under, process.execPath, '--enable-source-maps', VISIONA, ...args];
    this.#child = spawn(file, rest, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      for (const heard of this.#listeners) heard();
    });
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#reader.on('line', (line) => this.#line(line));
    this.exited = once(this.#child, 'close').then(([code, signal]) => {
      this.#over = true;
      for (const watcher of this.#watchers) watcher(undefined);
      for (const heard of this.#listeners) heard();
      return { code, signal, stdout: this.#stdout, stderr: this.#stderr };
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the process did not start');
    return this.#child.pid;
  }

  /** Everything that the process wrote so far. */
  get output(): string {
    return this.#stdout + this.#stderr;
  }

  /** The part of its output that went to stderr. */
  get errors(): string {
    return this.#stderr;
  }

  /** The process ids of its children, such as the store's. */
  get children(): readonly number[] {
    return childrenOf(this.pid);
  }

  /** The resident memory, in bytes. */
  get residentBytes(): number {
    return this.#memory('VmRSS');
  }

  /** The most resident memory since the start, or since `forgetPeak`, in bytes. */
  get peakBytes(): number {
    return this.#memory('VmHWM');
  }

  /** Begins to measure `peakBytes` anew. */
  forgetPeak(): void {
    writeFileSync(`/proc/${this.pid}/clear_refs`, '5');
  }

  /** The number of lines logged so far: a position from which `line` can search. */
  get logged(): number {
    return this.#lines.length;
  }

  /** Finds the first line from `from` on with this message, now or later. Rejects if the process ends without it. */
  line(msg: string, from = 0): Promise<LogLine> {
    return this.lineWith({ msg }, from);
  }

  /** Finds the first line from `from` on with all these members, now or later. Rejects if the process ends without it. */
  lineWith(members: LogLine, from = 0): Promise<LogLine> {
    const fits = (line: LogLine) => Object.entries(members).every(([name, value]) => line[name] === value);
    const found = this.#lines.slice(from).find(fits);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const fail = (why: string): void =>
        reject(new Error(`no line with ${JSON.stringify(members)}: ${why}\n${this.output}`));
      if (this.#over) return fail('the process had ended');
      const timer = setTimeout(() => watcher(undefined), LINE_TIMEOUT_MS);
      const watcher = (line: LogLine | undefined): void => {
        if (line !== undefined && !fits(line)) return;
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        if (line === undefined) fail(this.#over ? 'the process ended' : 'not in time');
        else resolve(line);
      };
      this.#watchers.add(watcher);
    });
  }

  /** Waits until its stderr matches `pattern`, and returns the text. Rejects if the process ends without a match. */
  said(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const heard = (): void => {
        if (!pattern.test(this.#stderr) && !this.#over) return;
        this.#listeners.delete(heard);
        if (pattern.test(this.#stderr)) resolve(this.#stderr);
        else reject(new Error(`it did not say ${pattern}:\n${this.output}`));
      };
      this.#listeners.add(heard);
      heard();
    });
  }

  /** Reads and drops the further stdout of the process: for a process that writes much. */
  forgetOutput(): void {
    this.#reader.close();
    this.#child.stdout.removeAllListeners('data').resume();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks the process to drain: it must exit with 0, and its children with it. */
  async stop(): Promise<ProgramExit> {
    if (this.#over) return this.exited;
    const children = this.children;
    this.signal('SIGTERM');
    const exit = await this.exited;
    assert.deepEqual({ code: exit.code, signal: exit.signal }, { code: 0, signal: null }, this.output);
    for (const pid of children) assert.ok(!isRunning(pid), `process ${pid} was left behind`);
    return exit;
  }

  /** Kills the process, without a chance to drain. */
  async kill(): Promise<ProgramExit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  #memory(name: string): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  }

  #line(text: string): void {
    const line = text.startsWith('{') ? (JSON.parse(text) as LogLine) : { text };
    this.#lines.push(line);
    for (const watcher of [...this.#watchers]) watcher(line);
  }
}

/** The process ids of the children of a process. */
export function childrenOf(pid: number): readonly number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return list === '' ? [] : list.split(' ').map(Number);
}

/** Whether a process lives; a zombie does not. */
export function isRunning(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
}

/** Runs a command that ends by itself. */
export function runToEnd(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramExit> {
  return new Program(args, env).exited;
}
