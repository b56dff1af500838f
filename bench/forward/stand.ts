import { GoDevice } from '../../test/interop/device.js';
import { buildGo } from '../../test/interop/go.js';
import type { Relay, RelayKind } from './relay.js';

/** A relay with its devices connected and one call through the first and last of them checked. */
export interface Stand {
  readonly subject: string;
  readonly relay: Relay;
  stop(): Promise<void>;
}

/** @throws with the reason when the relay, its devices or a first call do not work */
export async function openStand(kind: RelayKind, tunnels: number): Promise<Stand> {
  const relay = await kind.start(tunnels);
  let fleet: GoDevice | undefined;
  const stop = async () => {
    await fleet?.stop();
    await relay.stop();
  };
  try {
    if (relay.tunnel !== undefined) fleet = await connectFleet(relay.tunnel, relay.tokenFile);
    await checkCall(relay, relay.tokens[0]);
    await checkCall(relay, relay.tokens.at(-1));
    return { subject: kind.subject, relay, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The same Go device serves every relay. */
async function connectFleet(tunnel: string, tokens: string): Promise<GoDevice> {
  const build = await buildGo('test/interop/godevice');
  if ('reason' in build) throw new Error(`the Go device ${build.reason}`);
  const url = new URL('/tunnel/connect', tunnel).href;
  const fleet = new GoDevice(build.path, { url, tokens, query: true });
  await fleet.connected(60_000).catch(async (error) => {
    await fleet.stop();
    throw error;
  });
  return fleet;
}

async function checkCall(relay: Relay, token = ''): Promise<void> {
  const headers: Record<string, string> = { 'X-Forward-Method': 'GET', 'X-Forward-Target': '/hello' };
  if (relay.secret !== undefined) headers.Authorization = `Bearer ${relay.secret}`;
  const response = await fetch(`${relay.internal}/internal/forward/http?token=${token}`, {
    method: 'POST',
    headers,
    signal: AbortSignal.timeout(10_000),
  });
  const body = await response.text();
  if (response.status !== 200 || body !== 'hello') {
    throw new Error(`a first call answered ${response.status}: ${body.slice(0, 200)}`);
  }
}
