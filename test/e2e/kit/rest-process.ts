// RestProcess is a process with the REST API, with people who sign in and devices that are paired.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dispatcher, fetch, type Response } from 'undici';
import { fixedPort } from '../../support/fixed-port.js';
import { HttpBrowser } from '../../support/http-browser.js';
import { Program } from './program.js';
import type { Provisioned } from './proxy-process.js';

const ANY_PORT = '127.0.0.1:0';

/** `visiona up` or `visiona api-server`, with a data directory of its own, which is kept over restarts. */
export class RestProcess {
  readonly dataDir: string;
  readonly #args: readonly string[];
  readonly #env: Record<string, string>;
  #program: Program;
  #api = new URL('http://unset');
  #tunnel = new URL('ws://unset');

  private constructor(args: readonly string[], dataDir: string, env: Readonly<Record<string, string>>) {
    this.#args = args;
    this.dataDir = dataDir;
    this.#env = {
      VISIONA_DATA_DIR: dataDir,
      VISIONA_TUNNEL_ADDR: ANY_PORT,
      VISIONA_INTERNAL_ADDR: ANY_PORT,
      VISIONA_OPS_ADDR: ANY_PORT,
      VISIONA_HOSTS: '1',
      INTERNAL_SECRET: randomBytes(32).toString('hex'),
      LOG_LEVEL: 'debug',
      ...env,
    };
    this.#program = new Program(args, this.#env);
  }

  /** Starts the process. Resolves when it has printed its ready line. */
  static async start(
    command: 'up' | 'api-server',
    env: Readonly<Record<string, string>> = {},
  ): Promise<RestProcess> {
    const dataDir = await mkdtemp(join(tmpdir(), 'visiona-e2e-'));
    const [api, provider] = [`127.0.0.1:${await fixedPort()}`, `127.0.0.1:${await fixedPort()}`];
    const ports = { VISIONA_API_ADDR: api, VISIONA_DEV_OP_ADDR: provider };
    const running = new RestProcess([command], dataDir, { ...ports, ...env });
    await running.#ready();
    return running;
  }

  get program(): Program {
    return this.#program;
  }

  /** The URL of a path at the API. */
  url(path: string): string {
    return new URL(path, this.#api).href;
  }

  /** The REST port. */
  get port(): number {
    return Number(this.#api.port);
  }

  /** The URL that devices dial. */
  get tunnelUrl(): string {
    return new URL('/tunnel/connect', this.#tunnel).href;
  }

  get tunnelPort(): number {
    return Number(this.#tunnel.port);
  }

  /** Starts the process again, on the same ports and data. @param env variables that differ from now on */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#program.stop();
    Object.assign(this.#env, env);
    this.#program = new Program(this.#args, this.#env);
    await this.#ready();
  }

  /** Stops the process, which must go well, and removes its data. */
  async close(): Promise<void> {
    await this.#program.stop();
    await rm(this.dataDir, { recursive: true });
  }

  /** Signs a person in with a browser of its own. */
  async signIn(login: string, returnTo = '/'): Promise<Person> {
    const person = new Person(this);
    await person.signIn(login, returnTo);
    return person;
  }

  async #ready(): Promise<void> {
    const { api, tunnel = 'ws://unset' } = await this.#program.line('ready');
    this.#api = new URL(String(api));
    this.#tunnel = new URL(String(tunnel));
  }
}

/** How the REST API is reached: at the process itself, or through a proxy in front of it. */
export type RestAddress = Pick<RestProcess, 'url'>;

/** A person at a browser. */
export class Person {
  readonly browser: HttpBrowser;
  readonly #at: RestAddress;

  constructor(at: RestAddress, browser = new HttpBrowser()) {
    this.#at = at;
    this.browser = browser;
  }

  /** Signs in through the provider's forms. @returns the page at which the browser ends */
  signIn(login: string, returnTo = '/') {
    return this.browser.visit(
      this.#at.url(`/api/auth/login?return_to=${encodeURIComponent(returnTo)}`),
      login,
    );
  }

  get(path: string): Promise<Response> {
    return this.browser.fetch(this.#at.url(path));
  }

  /** Sends a request as our page does. @param body sent as JSON */
  send(method: string, path: string, body?: object): Promise<Response> {
    const headers = { 'x-visiona-csrf': '1', ...(body && { 'content-type': 'application/json' }) };
    const sent = body && { body: JSON.stringify(body) };
    return this.browser.fetch(this.#at.url(path), { method, headers, ...sent });
  }

  /** Makes a pairing token, as our page does. */
  async mint(sent: object = {}): Promise<Minted> {
    const answer = await this.send('POST', '/api/pairing/tokens', sent);
    assert.equal(answer.status, 201);
    return (await answer.json()) as Minted;
  }

  /**
   * Pairs a new device of the person, as the device does.
   * @param dispatcher the device's connections, if a test needs special ones
   */
  async pair(name = 'cam', dispatcher?: Dispatcher): Promise<Provisioned> {
    const { token } = await this.mint();
    const answer = await exchange(this.#at, token, name, dispatcher);
    assert.equal(answer.status, 200);
    return (await answer.json()) as Provisioned;
  }

  /** A person with a copy of the cookies, in another browser. */
  copy(): Person {
    return new Person(this.#at, this.browser.copy());
  }

  async me(): Promise<Record<string, unknown>> {
    return (await (await this.get('/api/auth/me')).json()) as Record<string, unknown>;
  }
}

/** A pairing token as it was made. */
export interface Minted {
  readonly tokenId: string;
  readonly token: string;
  readonly code: string;
}

/** Presents a pairing token, or any other value, as a device does. */
export function exchange(
  at: RestAddress,
  token: unknown,
  name = 'cam',
  dispatcher?: Dispatcher,
): Promise<Response> {
  return fetch(at.url('/api/pairing/exchange'), {
    ...(dispatcher && { dispatcher }),
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, device: { name, model: 'Jetson' } }),
  });
}
