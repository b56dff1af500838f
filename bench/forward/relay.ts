import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildGo, repositoryRoot } from '../../test/interop/go.js';
import { EventProcess } from '../../test/interop/process.js';
import { PRODUCT } from '../benchmark.js';

const run = promisify(execFile);

/** A relay that runs: the product or a peer. */
export interface Relay {
  readonly pid: number;
  /** Where devices dial; undefined for a relay that answers itself. */
  readonly tunnel: string | undefined;
  /** Base of the internal API. */
  readonly internal: string;
  readonly secret: string | undefined;
  readonly tokens: readonly string[];
  /** The tokens, one a line. */
  readonly tokenFile: string;
  stop(): Promise<void>;
}

/** How to start one relay. */
export interface RelayKind {
  readonly subject: string;
  /** Only in the full size. */
  readonly fullOnly?: boolean;
  /** @throws with what is missing */
  start(tunnels: number): Promise<Relay>;
}

interface Ready {
  readonly msg?: string;
  readonly tunnel?: string;
  readonly internal?: string;
}

/** What a kind knows before its process runs. */
interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  readonly tokens: readonly string[];
  readonly secret?: string;
}

const cli = path.join(repositoryRoot, 'dist/src/cli/visiona.js');

/** `visiona remote-proxy`, as a user runs it: real credentials, the internal secret, defaults otherwise. */
const product: RelayKind = {
  subject: PRODUCT,
  start: (tunnels) =>
    start(async (folder) => {
      const secret = randomBytes(24).toString('base64url');
      const env = {
        VISIONA_DATA_DIR: folder,
        VISIONA_TUNNEL_ADDR: '127.0.0.1:0',
        VISIONA_INTERNAL_ADDR: '127.0.0.1:0',
        INTERNAL_SECRET: secret,
      };
      if (!existsSync(cli)) throw new Error('dist/src/cli/visiona.js is not built');
      const add = [
        'device',
        'add',
        '--user',
        'bench',
        '--name',
        'bench',
        '--count',
        String(tunnels),
        '--json',
      ];
      const { stdout } = await run(process.execPath, [cli, ...add], {
        env: { ...process.env, VISIONA_DATA_DIR: folder },
        maxBuffer: 1 << 28,
      });
      const tokens = stdout
        .trim()
        .split('\n')
        .map((line) => String(JSON.parse(line).sessionToken));
      return { command: process.execPath, args: [cli, 'remote-proxy'], env, tokens, secret };
    }),
};

/** The seed's stack in Go. */
function seedStack(subject: string, args: readonly string[], fullOnly: boolean): RelayKind {
  return {
    subject,
    fullOnly,
    start: (tunnels) =>
      start(async () => {
        const build = await buildGo('bench/peers/seed-stack');
        if ('reason' in build) throw new Error(build.reason);
        return { command: build.path, args, tokens: invented(tunnels) };
      }),
  };
}

/** A peer in TypeScript. */
function nodePeer(subject: string): RelayKind {
  const program = path.join(repositoryRoot, 'dist/bench/peers', subject, 'main.js');
  return {
    subject,
    start: (tunnels) =>
      start(async () => ({ command: process.execPath, args: [program], tokens: invented(tunnels) })),
  };
}

/** The product first, then its peers. */
export const relayKinds: readonly RelayKind[] = [
  product,
  seedStack('seed-stack', [], false),
  seedStack('seed-stack-reverse-proxy', ['-reverse-proxy'], true),
  nodePeer('plain-node'),
  nodePeer('raw-uws'),
];

async function start(prepare: (folder: string) => Promise<Launch>): Promise<Relay> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'visiona-bench-'));
  const clean = () => rm(folder, { recursive: true, force: true });
  try {
    const { command, args, env, tokens, secret } = await prepare(folder);
    const tokenFile = path.join(folder, 'tokens.txt');
    await writeFile(tokenFile, `${tokens.join('\n')}\n`, { mode: 0o600 });
    const relay = new EventProcess<Ready>(command, args, { ...process.env, ...env });
    const stop = async () => {
      await relay.stop();
      await clean();
    };
    const ready = await relay
      .event((event) => event.msg === 'ready')
      .catch(async (error) => {
        await stop();
        throw error;
      });
    if (ready.internal === undefined) throw new Error('the relay did not say where its internal API is');
    return {
      pid: relay.pid,
      tunnel: ready.tunnel,
      internal: ready.internal,
      secret,
      tokens,
      tokenFile,
      stop,
    };
  } catch (error) {
    await clean();
    throw error;
  }
}

/** Names of tunnels, for relays that check nothing; as long as real ones. */
function invented(count: number): string[] {
  return Array.from({ length: count }, () => randomBytes(32).toString('base64url'));
}
