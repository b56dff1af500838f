// SupervisedStore keeps the store's process running: whenever the process ends, it is restarted.
import { describeExit, type ExitReason } from '../../actors/errors.js';
import type { Host } from '../../actors/host.js';
import type { Intensity } from '../../actors/supervision/spec.js';
import { Supervisor } from '../../actors/supervision/supervisor.js';
import type { Logger } from '../../observability/log.js';
import type { StoreClient } from '../../store/client/store-client.js';
import { startStoreProcess } from '../../store/client/store-process.js';
import type { StoreLocation } from '../../store/location.js';
import { type StoreState, sameState } from '../../store/ports/store.js';

const STOP_MS = 10_000;

/**
 * The restart policy, which never gives up: tunnels and calls through them work without the store, so the process waits for it.
 * Restarts come ever more slowly (up to 10 s apart); readiness says `store-unavailable` meanwhile.
 */
const PATIENT: Intensity = { restarts: Number.POSITIVE_INFINITY, withinMs: 30_000 };

/** Logs each change of the store's state, instead of each call that fails meanwhile. */
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

/** The store's process, under a supervisor that restarts it without limit. */
export class SupervisedStore {
  readonly #client: StoreClient;
  readonly #location: StoreLocation;
  readonly #log: Logger;
  readonly #supervisor: Supervisor<Host>;
  /** The first process, until the supervisor takes it. */
  #first: Host | undefined;
  #endedAt: number | undefined;

  constructor(client: StoreClient, location: StoreLocation, log: Logger) {
    this.#client = client;
    this.#location = location;
    this.#log = log;
    this.#supervisor = new Supervisor<Host>({
      strategy: 'one-for-one',
      intensity: PATIENT,
      children: [{ id: 'store', restart: 'permanent', shutdown: STOP_MS, start: () => this.#startProcess() }],
      onChildExited: (_id, reason) => this.#processExited(reason),
      onChildStarted: () => this.#processStarted(),
    });
  }

  /** Resolves when the supervisor has ended: `normal` after a stop, `killed` after a stop that took too long. */
  get exited(): Promise<ExitReason> {
    return this.#supervisor.exited;
  }

  /**
   * Starts the store's process.
   * @throws StoreError if the data cannot be opened now: the operator has to act, and a restart would not help
   */
  async start(): Promise<void> {
    this.#first = await startStoreProcess(this.#client, this.#location);
    logStates(this.#client, this.#log);
    await this.#supervisor.start();
  }

  /** Waits until earlier calls have their answers, refuses later ones, then ends the store's process. */
  async stop(): Promise<void> {
    // A stop overtakes the messages that wait for an actor, so it is sent after those have their answers.
    await this.#client.close();
    await this.#supervisor.stop(STOP_MS);
  }

  async #startProcess(): Promise<Host> {
    const host = this.#first ?? (await startStoreProcess(this.#client, this.#location));
    this.#first = undefined;
    return host;
  }

  #processExited(reason: ExitReason): void {
    const ran = this.#endedAt === undefined;
    this.#endedAt ??= performance.now();
    if (reason.kind === 'normal') return;
    const event = ran ? 'the store process ended' : 'the store process did not start';
    this.#log.error({ reason: describeExit(reason) }, event);
  }

  #processStarted(): void {
    if (this.#endedAt === undefined) return;
    const awayMs = Math.round(performance.now() - this.#endedAt);
    this.#log.warn({ awayMs }, 'the store process runs again');
    this.#endedAt = undefined;
  }
}
