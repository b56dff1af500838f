// `allIn` tells when all devices of a fleet are connected.
import type { GoDevice } from '../peers/go-device.js';
import { CONNECT_MS } from '../relay/stand.js';

/**
 * How long no other device may connect before all count as connected, in ms: a device whose connection broke counts as connected
 * until it notices.
 */
const QUIET_MS = 1500;

/** Waits until all devices of a fleet are connected. @param startedAt in ms of `performance.now()` @returns ms since then */
export async function allIn(fleet: GoDevice | undefined, startedAt: number): Promise<number> {
  if (fleet === undefined) throw new Error('there are no devices');
  await fleet.connected(CONNECT_MS);
  for (;;) {
    const took = performance.now() - startedAt;
    const again = await fleet.connected(QUIET_MS).then(
      () => true,
      () => false,
    );
    if (!again) return took;
  }
}
