// `allIn` tells when all devices of a fleet are connected.
import type { GoDevice } from '../peers/go-device.js';
import { CONNECT_MS } from '../relay/stand.js';

/**
 * A device may count as connected though its connection broke, until it notices. So a fleet is all in when it was, and no
 * other device came after that for so long, in ms.
 */
const QUIET_MS = 1500;

/**
 * Waits until all devices of a fleet are in.
 * @param startedAt in ms of `performance.now()`
 * @returns ms since then
 */
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
