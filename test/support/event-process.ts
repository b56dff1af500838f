// EventProcess is a child process that prints events as JSON lines and takes commands.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** How long `EventProcess.event` waits before it fails, in ms. */
const eventTimeoutMs = 15_000;
/** How long a process may take to end after SIGTERM before it is killed, in ms. */
const stopTimeoutMs = 5_000;
/** The most events that are kept for a later `event` call; older ones are dropped. */
const backlogLimit = 100_000;

interface Waiter<E> {
  match(event: E): boolean;
  resolve(event: E): void;
  reject(error: Error): void;
}

/** A program that prints one JSON object a line on stdout and takes commands, one a line, on stdin. */
export class EventProcess<E extends object> {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #backlog: E[] = [];
  readonly #waiters = new Set<Waiter<E>>();
  readonly #ended: Promise<void>;
  #stderr = '';
  #exit: string | undefined;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
    // A command to a process that has just ended causes this error; the end itself is reported.
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4000);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#line(line));
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', (error) => this.#end(error.message, resolve));
      this.#child.on('close', (code, signal) => this.#end(`exit ${code ?? signal}`, resolve));
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the process did not start');
    return this.#child.pid;
  }

  /** The latest part of its stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  /**
   * Finds the next event that matches, among those not taken yet. Each event goes to one caller.
   * @throws if the process ends first, or after 15 s
   */
  event(match: (event: E) => boolean, timeoutMs = eventTimeoutMs): Promise<E> {
    const index = this.#backlog.findIndex(match);
    if (index >= 0) return Promise.resolve(this.#backlog.splice(index, 1)[0] as E);
    if (this.#exit !== undefined) return Promise.reject(this.#failure(this.#exit));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => waiter.reject(this.#failure('no such event in time')), timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter<E> = {
        match,
        resolve: (event) => {
          settle();
          resolve(event);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** Sends one command line. */
  command(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Sends SIGTERM, and after 5 s SIGKILL. Resolves when the process is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#exit === undefined) this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopTimeoutMs);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Resolves when the process is gone, with `exit CODE` or `exit SIGNAL`. */
  async exited(): Promise<string> {
    await this.#ended;
    return this.#exit ?? '';
  }

  #line(line: string): void {
    if (!line.startsWith('{')) return;
    const event = JSON.parse(line) as E;
    for (const waiter of this.#waiters) {
      if (waiter.match(event)) {
        waiter.resolve(event);
        return;
      }
    }
    this.#backlog.push(event);
    if (this.#backlog.length > backlogLimit) this.#backlog.shift();
  }

  #end(reason: string, resolve: () => void): void {
    this.#exit ??= reason;
    for (const waiter of this.#waiters) waiter.reject(this.#failure(reason));
    resolve();
  }

  #failure(reason: string): Error {
    const last = JSON.stringify(this.#backlog.slice(-5));
    return new Error(`${reason}; last events not taken: ${last}; stderr: ${this.#stderr}`);
  }
}
