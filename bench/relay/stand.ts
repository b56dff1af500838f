// A `Stand` is a relay with its devices connected.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Figure, Outcome, Size } from '../benchmark.js';
import { buildGo, GO_DEVICE } from '../peers/go.js';
import { GoDevice, type GoDeviceOptions } from '../peers/go-device.js';
import { Dropouts } from '../turns.js';
import type { Relay, RelayKind, RelayOptions } from './relay.js';

/** A relay with its devices connected and one call through the first and last of them checked. */
export interface Stand<R extends Relay = Relay> {
  readonly subject: string;
  readonly relay: R;
  /** Its devices; undefined for a relay that answers itself. */
  readonly fleet: GoDevice | undefined;
  stop(): Promise<void>;
}

/** How a stand is opened. */
export interface StandOptions extends RelayOptions {
  readonly connected?: number;
}

/** Milliseconds that a fleet may take to connect. */
export const CONNECT_MS = 120_000;

/** How long it may take until a first call is answered, and between two of them, in ms. */
const FIRST_CALL_MS = 10_000;
const AGAIN_MS = 20;

/**
 * Opens a stand of each kind, measures, and stops them. A kind that does not start is among the missing.
 * @param title of what is measured with these stands
 */
export async function withStands<R extends Relay = Relay>(
  kinds: readonly RelayKind<R>[],
  { title, size, log, ...options }: StandOptions & { title: string; size: Size; log: (line: string) => void },
  measure: (stands: readonly Stand<R>[], out: Dropouts) => Promise<readonly Figure[]>,
): Promise<Outcome> {
  const out = new Dropouts(log);
  const stands: Stand<R>[] = [];
  try {
    for (const kind of kinds) {
      if (kind.fullOnly === true && size !== 'full') continue;
      log(`starting ${kind.subject}, ${title}`);
      await openStand(kind, options).then(
        (stand) => stands.push(stand),
        (error) => out.drop(kind.subject, title, error),
      );
    }
    return { figures: await measure(stands, out), missing: out.missing };
  } finally {
    await Promise.all(stands.map((stand) => stand.stop()));
  }
}

/**
 * @param connected how many devices dial at first, all if absent
 * @throws with the reason when the relay, its devices or a first call do not work
 */
export async function openStand<R extends Relay>(
  kind: RelayKind<R>,
  { connected, ...options }: StandOptions,
): Promise<Stand<R>> {
  const relay = await kind.start(options);
  let fleet: GoDevice | undefined;
  const stop = async () => {
    await fleet?.stop();
    await relay.stop();
  };
  try {
    const upTo = connected ?? relay.devices;
    if (relay.tunnel !== undefined) {
      fleet = await startConnected(relay, 0, upTo);
    }
    await firstCall(relay, 0);
    await firstCall(relay, upTo - 1);
    return { subject: kind.subject, relay, fleet, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Some of a relay's devices, which begin to dial; the same Go device serves every relay.
 * @param from and `upTo`: places among the relay's devices, the last one left out
 */
export async function startFleet(
  relay: Relay,
  { from, upTo, ...options }: { from: number; upTo: number } & Pick<GoDeviceOptions, 'parallel'>,
): Promise<GoDevice> {
  const build = await buildGo(GO_DEVICE);
  if ('reason' in build) throw new Error(`the Go device ${build.reason}`);
  const all = (await readFile(relay.tokenFile, 'utf8')).split('\n');
  const tokens = path.join(relay.folder, `tokens-${from}-${upTo}.txt`);
  await writeFile(tokens, all.slice(from, upTo).join('\n'), { mode: 0o600 });
  return new GoDevice(build.path, { url: relay.tunnel ?? '', tokens, query: true, ...options });
}

/** As `startFleet`; resolves when all devices are connected. @throws when they are not in time, after ending them */
export async function startConnected(relay: Relay, from: number, upTo: number): Promise<GoDevice> {
  const fleet = await startFleet(relay, { from, upTo });
  try {
    await fleet.connected(CONNECT_MS);
    return fleet;
  } catch (error) {
    await fleet.stop();
    throw error;
  }
}

/**
 * Calls a device until it is answered: to the device its WebSocket is open before the relay has taken up the tunnel.
 * @throws when a call is not answered as it should be within `FIRST_CALL_MS`
 */
async function firstCall(relay: Relay, device: number): Promise<void> {
  const { method, headers, path } = relay.form('GET', '/hello');
  const until = performance.now() + FIRST_CALL_MS;
  for (;;) {
    const signal = AbortSignal.timeout(FIRST_CALL_MS);
    const response = await fetch(new URL(path(device), relay.origin), { method, headers, signal });
    const body = await response.text();
    if (response.status === 200 && body === 'hello') return;
    if (performance.now() > until)
      throw new Error(`a first call answered ${response.status}: ${body.slice(0, 200)}`);
    await delay(AGAIN_MS);
  }
}
