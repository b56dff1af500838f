// The sweeper closes sessions whose devices have been silent for too long.
import type { ActorRef } from '../../actors/behaviour.js';
import { describeExit } from '../../actors/errors.js';
import { spawn } from '../../actors/local/spawn.js';
import { actorChild } from '../../actors/supervision/spec.js';
import { Supervisor } from '../../actors/supervision/supervisor.js';
import type { SessionStore } from '../../contract/session.js';
import type { Logger } from '../../observability/log.js';

/** How often expired sessions are looked for, in ms (02-tunnel.md §2.4). */
export const SWEEP_INTERVAL_MS = 30_000;
const STOP_MS = 1000;

/** An actor that calls `cleanupExpired` once in `intervalMs`. */
function spawnSweeper(
  store: Pick<SessionStore, 'cleanupExpired'>,
  idleTimeoutMs: number,
  log: Logger,
  intervalMs: number,
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

/** The sweeper under a supervisor of its own, which starts it again: the next sweep makes up for one that failed. */
export function superviseSweeper(
  store: Pick<SessionStore, 'cleanupExpired'>,
  idleTimeoutMs: number,
  log: Logger,
  intervalMs = SWEEP_INTERVAL_MS,
): Supervisor {
  return new Supervisor({
    strategy: 'one-for-one',
    children: [
      {
        id: 'sweeper',
        restart: 'permanent',
        shutdown: STOP_MS,
        start: () => Promise.resolve(actorChild(spawnSweeper(store, idleTimeoutMs, log, intervalMs))),
      },
    ],
    onChildExited: (_id, reason) => {
      if (reason.kind !== 'normal') log.error({ reason: describeExit(reason) }, 'the sweeper ended');
    },
  });
}
