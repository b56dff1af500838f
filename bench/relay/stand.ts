// A `Stand` is a relay with its devices connected.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Figure, Outcome, Size } from '../benchmark.js';
import { buildGo, GO_DEVICE } from '../peers/go.js';
import { GoDevice, type GoDeviceOptions } from '../peers/go-device.js';
import { Dropouts } from '../turns.js';
import type { Relay, RelayKind, RelayOptions } from './relay.js';

/** A relay whose devices are connected, and whose first and last device have answered a call. */
export interface Stand<R extends Relay = Relay> {
  readonly subject: string;
  readonly relay: R;
  /** The relay's devices; undefined for a relay that answers by itself. */
  readonly fleet: GoDevice | undefined;
  stop(): Promise<void>;
}

/** The options with which a stand is opened. */
export interface StandOptions extends RelayOptions {
  readonly connected?: number;
}

/** How long a fleet may take to connect, in ms. */
export const CONNECT_MS = 120_000;

/** How long the first call may take to be answered, and the pause between two tries, in ms. */
const FIRST_CALL_MS = 10_000;
const AGAIN_MS = 20;

/**
 * Opens a stand of each kind, measures, and stops the stands. A kind that does not start is among the missing.
 * @param title names the measurement with these stands
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
 * Opens a stand.
 * @param connected how many devices dial at first; default: all
 * @throws the reason why the relay, its devices or a first call do not work
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
 * Starts some of a relay's devices, which begin to dial; every relay has the same Go device.
 * @param from the index of the first device; `upTo` is the index after the last one
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

/**
 * Starts devices as `startFleet` does; resolves when all of them are connected.
 * @throws if they are not in time, after ending them
 */
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
 * Calls a device until it answers: for the device its WebSocket is open before the relay has taken up the tunnel.
 * @throws if no call is answered as it should be within `FIRST_CALL_MS`
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
