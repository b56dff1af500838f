import { GoDevice, type GoDeviceOptions } from '../../test/interop/device.js';
import { buildGo } from '../../test/interop/go.js';
import type { Figure, Outcome, Size } from '../benchmark.js';
import { Dropouts } from '../turns.js';
import type { Relay, RelayKind, RelayOptions } from './relay.js';

/** A relay with its devices connected and one call through the first and last of them checked. */
export interface Stand<R extends Relay = Relay> {
  readonly subject: string;
  readonly relay: R;
  /** Undefined for a relay that answers itself. */
  readonly fleet: GoDevice | undefined;
  stop(): Promise<void>;
}

/** How long a fleet may take to be in, in ms. */
const CONNECT_MS = 120_000;

/**
 * Opens a stand of each kind, measures, and stops them. A kind that does not start is among the missing.
 * @param title of what is measured with these stands
 */
export async function withStands(
  kinds: readonly RelayKind[],
  { title, size, log, ...options }: RelayOptions & { title: string; size: Size; log: (line: string) => void },
  measure: (stands: readonly Stand[], out: Dropouts) => Promise<readonly Figure[]>,
): Promise<Outcome> {
  const out = new Dropouts(log);
  const stands: Stand[] = [];
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

/** @throws with the reason when the relay, its devices or a first call do not work */
export async function openStand<R extends Relay>(
  kind: RelayKind<R>,
  options: RelayOptions,
): Promise<Stand<R>> {
  const relay = await kind.start(options);
  let fleet: GoDevice | undefined;
  const stop = async () => {
    await fleet?.stop();
    await relay.stop();
  };
  try {
    if (relay.tunnel !== undefined) fleet = await startFleet({ url: relay.tunnel, tokens: relay.tokenFile });
    await fleet?.connected(CONNECT_MS);
    await checkCall(relay, 0);
    await checkCall(relay, relay.devices - 1);
    return { subject: kind.subject, relay, fleet, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Devices that dial; the same Go device serves every relay. */
export async function startFleet(
  options: Omit<GoDeviceOptions, 'token'> & { tokens: string },
): Promise<GoDevice> {
  const build = await buildGo('test/interop/godevice');
  if ('reason' in build) throw new Error(`the Go device ${build.reason}`);
  return new GoDevice(build.path, { query: true, ...options });
}

/** @throws when a call through this device is not answered as it should be */
export async function checkCall(relay: Relay, device: number): Promise<void> {
  const { method, headers, path } = relay.form('GET', '/hello');
  const response = await fetch(new URL(path(device), relay.origin), {
    method,
    headers,
    signal: AbortSignal.timeout(10_000),
  });
  const body = await response.text();
  if (response.status !== 200 || body !== 'hello') {
    throw new Error(`a first call answered ${response.status}: ${body.slice(0, 200)}`);
  }
}
