// Pgbouncer is a pgbouncer process in front of a PostgreSQL server.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixedPort } from './fixed-port.js';

const PROGRAM = '/usr/sbin/pgbouncer';

/** Why the tests have no pgbouncer; false: they have one. A machine that only tests must have one. */
export const NO_PGBOUNCER: string | false = withoutProgram();

function withoutProgram(): string | false {
  if (spawnSync(PROGRAM, ['--version']).status === 0) return false;
  if (process.env.CI === 'true') throw new Error(`${PROGRAM} is missing: install Debian's package pgbouncer`);
  return `no ${PROGRAM}: install Debian's package pgbouncer to run it`;
}

/** The configuration of a pgbouncer. */
export interface PgbouncerOptions {
  readonly mode: 'session' | 'transaction';
  /** The most connections to the server. */
  readonly size: number;
  /** Further lines of the configuration. */
  readonly settings?: readonly string[];
}

/** A pgbouncer in front of a server. */
export class Pgbouncer {
  /** The URL of the same database through this pgbouncer. */
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #dir: string;

  private constructor(url: string, child: ChildProcess, dir: string) {
    this.url = url;
    this.#child = child;
    this.#dir = dir;
  }

  /** Starts a pgbouncer. @param server the URL of a database whose user needs no password */
  static async start(server: string, { mode, size, settings = [] }: PgbouncerOptions): Promise<Pgbouncer> {
    const url = new URL(server);
    const port = await fixedPort();
    const dir = await mkdtemp(join(tmpdir(), 'visiona-pgbouncer-'));
    const file = join(dir, 'pgbouncer.ini');
    const lines = [
      '[databases]',
      `* = host=${url.hostname} port=${url.port || '5432'}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      `pool_mode = ${mode}`,
      `default_pool_size = ${size}`,
      ...settings,
    ];
    // `any` logs in every client as the user of the line above.
    lines[1] += ` user=${url.username}`;
    await writeFile(file, `${lines.join('\n')}\n`);
    await chmod(dir, 0o755);
    // pgbouncer refuses to run as root.
    const as = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const child = spawn(PROGRAM, [...as, file], { stdio: 'ignore' });
    url.host = `127.0.0.1:${port}`;
    const started = new Pgbouncer(url.href, child, dir);
    await started.#listening(port);
    return started;
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    if (this.#child.exitCode === null && this.#child.kill('SIGKILL')) await exited;
    await rm(this.#dir, { recursive: true });
  }

  async #listening(port: number): Promise<void> {
    while (this.#child.exitCode === null) {
      const socket = connect(port, '127.0.0.1');
      const open = await Promise.race([
        once(socket, 'connect').then(() => true),
        once(socket, 'error').then(
          () => false,
          () => false,
        ),
      ]).catch(() => false);
      socket.destroy();
      if (open) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`pgbouncer ended with ${this.#child.exitCode}`);
  }
}
