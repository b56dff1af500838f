// This file starts the relays that the product is compared with.
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

/** Makes the kind of a relay from the seed's stack in Go. */
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

/** Makes the kind of a peer in TypeScript. */
function nodePeer(subject: string): RelayKind {
  const program = path.join(root, 'dist/bench/peers', subject, 'main.js');
  return { subject, start: ({ devices }) => startPeer(process.execPath, [program], devices) };
}

/** The seed's stack, by hand-written forwarding. */
export const seedStack = seed('seed-stack', []);
/** The seed's stack, by Go's reverse proxy. */
export const seedStackReverseProxy = seed('seed-stack-reverse-proxy', ['-reverse-proxy']);
/** The relay from npm's packages. */
export const plainNode = nodePeer('plain-node');
/** The ceiling: uWebSockets.js without a tunnel. */
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
