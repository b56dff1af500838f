import type { ActorRef } from '../../actors/behaviour.js';
import { spawn } from '../../actors/spawn.js';
import type { Logger } from '../../observability/log.js';
import type { Store } from './contract.js';

/** How often expired sessions are looked for (02-tunnel.md §2.4). */
export const SWEEP_INTERVAL_MS = 30_000;

/** An actor that calls `cleanupExpired` every 30 s. */
export function spawnSweeper(
  store: Pick<Store, 'cleanupExpired'>,
  idleTimeoutMs: number,
  log: Logger,
  intervalMs = SWEEP_INTERVAL_MS,
): ActorRef<'sweep'> {
  return spawn<'sweep'>((context) => {
    context.schedule(intervalMs, 'sweep');
    return {
      async receive() {
        const removed = await store.cleanupExpired(idleTimeoutMs);
        if (removed > 0) log.info({ removed }, 'expired sessions closed');
        context.schedule(intervalMs, 'sweep');
      },
    };
  });
}
