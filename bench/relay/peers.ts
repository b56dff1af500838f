// The relays that the product is compared with are started here.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../test/scripts/root.js';
import { EventProcess } from '../../test/support/event-process.js';
import { buildGo } from '../peers/go.js';
import { internalForm, inventedTokens } from './internal-form.js';
import type { Relay, RelayKind } from './relay.js';

interface Ready {
  readonly msg?: string;
  readonly tunnel?: string;
  readonly internal?: string;
}

/** The seed's stack in Go. */
function seed(subject: string, args: readonly string[]): RelayKind {
  return {
    subject,
    start: async ({ devices }) => {
      const build = await buildGo('bench/peers/seed-stack');
      if ('reason' in build) throw new Error(build.reason);
      return startPeer(build.path, args, devices);
    },
  };
}

/** A peer in TypeScript. */
function nodePeer(subject: string): RelayKind {
  const program = path.join(root, 'dist/bench/peers', subject, 'main.js');
  return { subject, start: ({ devices }) => startPeer(process.execPath, [program], devices) };
}

export const seedStack = seed('seed-stack', []);
export const seedStackReverseProxy = seed('seed-stack-reverse-proxy', ['-reverse-proxy']);
export const plainNode = nodePeer('plain-node');
export const rawUws = nodePeer('raw-uws');

async function startPeer(command: string, args: readonly string[], devices: number): Promise<Relay> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'visiona-bench-'));
  const tokens = inventedTokens(devices);
  const tokenFile = path.join(folder, 'tokens.txt');
  await writeFile(tokenFile, `${tokens.join('\n')}\n`);
  const peer = new EventProcess<Ready>(command, args);
  const stop = async () => {
    await peer.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { tunnel, internal } = await peer.event(({ msg }) => msg === 'ready');
    if (internal === undefined) throw new Error('the peer did not say where it is called');
    return {
      pid: peer.pid,
      tunnel: tunnel && new URL('/tunnel/connect', tunnel).href,
      tokenFile,
      devices,
      origin: internal,
      folder,
      form: internalForm(tokens),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
