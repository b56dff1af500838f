import type { DependencyContainer } from 'tsyringe';
import type { ExitReason } from '../actors/errors.js';
import { describeExit } from '../actors/errors.js';
import type { Host } from '../actors/host.js';
import type { Intensity } from '../actors/supervision/spec.js';
import { Supervisor } from '../actors/supervision/supervisor.js';
import type { StoreConfig } from '../config/types.js';
import type { Logger } from '../observability/log.js';
import type { StoreClient } from '../store/client/store-client.js';
import { startStoreProcess } from '../store/client/store-process.js';
import { type StoreState, sameState } from '../store/ports/store-state.js';
import { placeOf } from './store-place.js';
import { TOKENS } from './tokens.js';

const STOP_MS = 10_000;

/**
 * A store that has run once is waited for, however long it is away: tunnels and calls through them do without. Restarts
 * come ever more slowly (up to 10 s apart), and readiness says `store-unavailable`.
 */
const PATIENT: Intensity = { restarts: Number.POSITIVE_INFINITY, withinMs: 30_000 };

/** The store of a process, as its composition root sees it. */
export interface SupervisedStore {
  /** Resolves when its supervisor has ended: `normal` after a stop, `killed` after one that took too long. */
  readonly exited: Promise<ExitReason>;
  /** Gives the calls made before their answers, refuses later ones, then ends the store's process. */
  stop(): Promise<void>;
}

/** One line when something cannot be done any more, and one when all can again: calls that fail meanwhile are many. */
function logStates(client: StoreClient, log: Logger): void {
  let logged: StoreState = {};
  let badSince = 0;
  client.onState((state) => {
    if (sameState(state, logged)) return;
    const { reads, writes } = state;
    if (logged.reads === undefined && logged.writes === undefined) badSince = performance.now();
    logged = state;
    const fault = reads ?? writes;
    if (fault === undefined) {
      log.warn({ awayMs: Math.round(performance.now() - badSince) }, 'the store can be used again');
    } else {
      const { code, message: reason } = fault;
      log.error(
        { code, reason },
        reads ? 'the store cannot be used' : 'the store cannot be written, only read',
      );
    }
  });
}

/**
 * Starts the store's process under a supervisor that restarts it, without end.
 * @throws StoreError at the first start: data that cannot be opened now is for the operator, not for a restart
 */
export async function superviseStore(c: DependencyContainer, config: StoreConfig): Promise<SupervisedStore> {
  const client = c.resolve(TOKENS.store);
  const place = placeOf(config);
  const log = c.resolve(TOKENS.log);
  let first: Host | undefined = await startStoreProcess(client, place);
  const start = async (): Promise<Host> => {
    const host = first ?? (await startStoreProcess(client, place));
    first = undefined;
    return host;
  };
  logStates(client, log);
  let endedAt: number | undefined;
  const supervisor = new Supervisor<Host>({
    strategy: 'one-for-one',
    intensity: PATIENT,
    children: [{ id: 'store', restart: 'permanent', shutdown: STOP_MS, start }],
    onChildExited: (_id, reason) => {
      const ran = endedAt === undefined;
      endedAt ??= performance.now();
      if (reason.kind === 'normal') return;
      const what = ran ? 'the store process ended' : 'the store process did not start';
      log.error({ reason: describeExit(reason) }, what);
    },
    onChildStarted: () => {
      if (endedAt === undefined) return;
      log.warn({ awayMs: Math.round(performance.now() - endedAt) }, 'the store process runs again');
      endedAt = undefined;
    },
  });
  await supervisor.start();
  return {
    exited: supervisor.exited,
    stop: async () => {
      // A stop overtakes the messages that wait for an actor, so it is not sent before they have their answers.
      await client.close();
      await supervisor.stop(STOP_MS);
    },
  };
}
