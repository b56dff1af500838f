// ProxyProcess is `visiona remote-proxy` as a child process.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, runToEnd } from './program.js';

/** A device that `visiona device add` made. */
export interface Provisioned {
  readonly deviceId: string;
  readonly sessionToken: string;
}

/** The options of a proxy beside the kit's own settings. */
export interface ProxyOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The number of session host threads. Default: 2. */
  readonly hosts?: number;
  /** A command, with its arguments, that becomes the program. */
  readonly under?: readonly string[];
}

/** `visiona remote-proxy` on free ports, with a data directory of its own. */
export class ProxyProcess {
  readonly dataDir: string;
  readonly secret: string;
  readonly #options: ProxyOptions;
  #program: Program;
  #tunnel = new URL('ws://unset');
  #internal = new URL('http://unset');

  private constructor(dataDir: string, options: ProxyOptions) {
    this.dataDir = dataDir;
    this.secret = randomBytes(32).toString('hex');
    this.#options = options;
    this.#program = this.#spawn('127.0.0.1:0', '127.0.0.1:0');
  }

  /** Starts a proxy. Resolves when it has printed its ready line. */
  static async start(options: ProxyOptions = {}): Promise<ProxyProcess> {
    const proxy = new ProxyProcess(await mkdtemp(join(tmpdir(), 'visiona-e2e-')), options);
    await proxy.#ready();
    return proxy;
  }

  get program(): Program {
    return this.#program;
  }

  /** The URL that devices dial: ws://127.0.0.1:PORT/tunnel/connect */
  get tunnelUrl(): string {
    return new URL('/tunnel/connect', this.#tunnel).href;
  }

  get tunnelPort(): number {
    return Number(this.#tunnel.port);
  }

  get internalPort(): number {
    return Number(this.#internal.port);
  }

  get authorization(): string {
    return `Bearer ${this.secret}`;
  }

  /** Starts the proxy again on the same ports and data, after the process has ended. */
  async restart(): Promise<void> {
    await this.#program.exited;
    this.#program = this.#spawn(this.#tunnel.host, this.#internal.host);
    await this.#ready();
  }

  /**
   * Starts the proxy again on the same data, after the process was killed. It gets other ports: connections that the dead process
   * left block the old ones, because a listener on a port that the system chose does not have SO_REUSEADDR.
   */
  async restartElsewhere(): Promise<void> {
    await this.#program.exited;
    this.#program = this.#spawn('127.0.0.1:0', '127.0.0.1:0');
    await this.#ready();
  }

  /** Adds devices of one user. */
  async provision(count = 1, user = 'alice'): Promise<Provisioned[]> {
    const added = await this.#device('add', '--user', user, '--name', 'cam', '--count', `${count}`, '--json');
    return added
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Provisioned);
  }

  /** Adds one device. */
  async device(user?: string): Promise<Provisioned> {
    const [device] = await this.provision(1, user);
    assert.ok(device !== undefined);
    return device;
  }

  async revoke(deviceId: string): Promise<void> {
    await this.#device('revoke', deviceId);
  }

  /** Drains the proxy, asserts that it ended well, and removes its data. */
  async stop(): Promise<void> {
    try {
      await this.#program.stop();
    } finally {
      await this.remove();
    }
  }

  /** Kills the process if it still runs, and removes its data. */
  async remove(): Promise<void> {
    await this.#program.kill();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async #device(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runToEnd(['device', ...args, '--data-dir', this.dataDir]);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  #spawn(tunnelAddr: string, internalAddr: string): Program {
    const { env = {}, hosts = 2, under } = this.#options;
    const settings = {
      VISIONA_DATA_DIR: this.dataDir,
      VISIONA_TUNNEL_ADDR: tunnelAddr,
      VISIONA_INTERNAL_ADDR: internalAddr,
      VISIONA_OPS_ADDR: '127.0.0.1:0',
      VISIONA_HOSTS: `${hosts}`,
      INTERNAL_SECRET: this.secret,
      LOG_FORMAT: 'json',
      ...env,
    };
    return new Program(['remote-proxy'], settings, under);
  }

  async #ready(): Promise<void> {
    const { tunnel, internal } = await this.#program.line('ready');
    this.#tunnel = new URL(String(tunnel));
    this.#internal = new URL(String(internal));
  }
}
