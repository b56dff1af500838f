// This file starts the product as a relay, with its devices and callers.
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { openStore } from '../../src/store/open-store.js';
import type { UserId } from '../../src/store/ports/ids.js';
import { type Provisioned, ProxyProcess } from '../../test/e2e/kit/proxy-process.js';
import { type Person, RestProcess } from '../../test/e2e/kit/rest-process.js';
import { internalForm } from './internal-form.js';
import type { CallForm, Relay, RelayKind, RelayOptions } from './relay.js';
import { accessTokenOf, cookieOf } from './sign-in.js';

/** The product as a user runs it: the subject of ratios wherever calls are made. */
export const UP = 'visiona up, signed in';

/** The number of devices that one transaction adds. */
const CHUNK = 500;

/** The defaults of settings that the test kit sets otherwise. */
const DEFAULTS = { VISIONA_HOSTS: String(Math.max(1, availableParallelism() - 1)), LOG_LEVEL: 'info' };

/** The environment that loads a program of `preload/` before the product's own code. */
export function preloaded(name: 'collect-garbage' | 'loop-delays'): { NODE_OPTIONS: string } {
  return { NODE_OPTIONS: `--import=${new URL(`../preload/${name}.js`, import.meta.url)}` };
}

/** A running `visiona up`, and its user, who is signed in. */
export interface UpRelay extends Relay {
  readonly process: RestProcess;
  readonly user: Person;
  /** The header that authenticates its calls. */
  readonly credentials: Readonly<Record<string, string>>;
}

/** Starts `visiona up` with the development provider; the owner of the devices calls it at the REST API. */
function up(
  subject: string,
  credentialsOf: (user: Person, up: RestProcess) => Promise<Header>,
): RelayKind<UpRelay> {
  return { subject, start: (options) => startUp(options, credentialsOf) };
}

type Header = Readonly<Record<string, string>>;

/** `visiona up` whose caller signs in by an access token, as programs do. */
export const upByToken = up(UP, async (user, process) => ({
  Authorization: `Bearer ${await accessTokenOf(user, process)}`,
}));

/** `visiona up` by an access token that also writes a log line for each call. */
export const withAccessLog: RelayKind<UpRelay> = {
  subject: 'visiona up, access log',
  async start({ env, ...options }) {
    const relay = await upByToken.start({ ...options, env: { ...env, VISIONA_ACCESS_LOG: 'true' } });
    // Reading the log's lines one by one would cost the cores that the relay shares more than writing them.
    relay.process.program.forgetOutput();
    return relay;
  },
};

/** `visiona up` whose caller signs in by the session cookie, as the page does. */
export const upByCookie = up('visiona up, session cookie', async (user) => ({ Cookie: cookieOf(user) }));

/** `visiona remote-proxy` alone, called at the internal API. */
export const remoteProxy: RelayKind = { subject: 'visiona remote-proxy', start: startRemoteProxy };

async function startUp(
  { devices, env = {} }: RelayOptions,
  credentialsOf: (user: Person, up: RestProcess) => Promise<Header>,
): Promise<UpRelay> {
  const process = await RestProcess.start('up', { ...DEFAULTS, ...env });
  try {
    const user = await process.signIn('bench');
    const { userId } = await user.me();
    const added = await provision(process.dataDir, userId as UserId, devices);
    const credentials = await credentialsOf(user, process);
    return {
      process,
      user,
      credentials,
      pid: process.program.pid,
      tunnel: process.tunnelUrl,
      tokenFile: await writeTokens(process.dataDir, added),
      devices,
      origin: process.url(''),
      folder: process.dataDir,
      form: (method, target): CallForm => ({
        method,
        headers: credentials,
        path: (device) => `/api/devices/${added[device]?.deviceId}/proxy${target}`,
      }),
      stop: () => process.close(),
    };
  } catch (error) {
    await process.close();
    throw error;
  }
}

async function startRemoteProxy({ devices, env = {} }: RelayOptions): Promise<Relay> {
  const process = await ProxyProcess.start({
    hosts: Number(DEFAULTS.VISIONA_HOSTS),
    env: { ...DEFAULTS, ...env },
  });
  try {
    const added = await process.provision(devices);
    return {
      pid: process.program.pid,
      tunnel: process.tunnelUrl,
      tokenFile: await writeTokens(process.dataDir, added),
      devices,
      origin: `http://127.0.0.1:${process.internalPort}`,
      folder: process.dataDir,
      form: internalForm(
        added.map(({ sessionToken }) => sessionToken),
        process.secret,
      ),
      stop: () => process.stop(),
    };
  } catch (error) {
    await process.stop();
    throw error;
  }
}

/** Adds devices of a user who signed in, with real credentials. */
async function provision(dataDir: string, owner: UserId, count: number): Promise<Provisioned[]> {
  const store = await openStore({ dataDir });
  try {
    const added: Provisioned[] = [];
    while (added.length < count) {
      const names = Array.from({ length: Math.min(CHUNK, count - added.length) }, (_, i) => `bench-${i}`);
      added.push(...(await store.provision(owner, names)));
    }
    return added;
  } finally {
    await store.close();
  }
}

async function writeTokens(folder: string, devices: readonly Provisioned[]): Promise<string> {
  const file = path.join(folder, 'tokens.txt');
  await writeFile(file, devices.map(({ sessionToken }) => `${sessionToken}\n`).join(''), { mode: 0o600 });
  return file;
}
