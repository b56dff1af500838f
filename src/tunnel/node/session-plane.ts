// The session plane is the supervision tree in which the sessions of a process live.
import { describeExit } from '../../actors/errors.js';
import type { Host } from '../../actors/host.js';
import { ThreadHosts } from '../../actors/hosting/thread-host.js';
import { spawn } from '../../actors/local/spawn.js';
import { actorChild, type Child, intensityOf } from '../../actors/supervision/spec.js';
import { Supervisor } from '../../actors/supervision/supervisor.js';
import type { Logger } from '../../observability/log.js';
import type { RegistryStore } from '../registry/registry-store.js';
import {
  type RegistryAsks,
  type RegistryMessage,
  SessionRegistry,
  type SessionRegistryRef,
} from '../registry/session-registry.js';
import { superviseSweeper } from '../registry/sweeper.js';
import type { SessionHosts } from '../session/main/session-hosts.js';

/** Messages that may wait for the session registry: many times the calls of one loop turn. */
const REGISTRY_MAILBOX = 65_536;
const HOST_STOP_MS = 5000;
const ACTOR_STOP_MS = 1000;

/** How long the whole tree may take to stop, in ms; children that have not stopped by then are killed. */
const STOP_MS = 10_000;

/**
 * Starts the actor that owns the sessions of a process. @param idleTimeoutMs how long a session may be silent before it has
 * expired
 */
export function spawnSessionRegistry(idleTimeoutMs: number): SessionRegistryRef {
  return spawn<RegistryMessage, RegistryAsks>(() => new SessionRegistry(idleTimeoutMs), {
    mailbox: REGISTRY_MAILBOX,
  });
}

/** The options of a {@link SessionPlane}. */
export interface SessionPlaneOptions {
  /** How many session host threads there are. */
  readonly threads: number;
  readonly idleTimeoutMs: number;
  /** The tree adds each host here when it has started, and removes it when it has ended. */
  readonly hosts: SessionHosts;
  readonly registry: SessionRegistryRef;
  readonly store: RegistryStore;
  readonly log: Logger;
}

/** The supervision tree of the sessions of a process: their registry, their host threads, and the sweeper (ADR 2). */
export class SessionPlane {
  readonly #options: SessionPlaneOptions;
  readonly #threads: ThreadHosts;
  readonly #hostSupervisor: Supervisor<Host>;
  readonly #supervisor: Supervisor;

  constructor(options: SessionPlaneOptions) {
    this.#options = options;
    this.#threads = new ThreadHosts(options.threads);
    this.#hostSupervisor = this.#superviseHosts();
    this.#supervisor = this.#superviseAll();
  }

  /** Starts the hosts and the sweeper. @throws HostStartError; nothing runs then */
  async start(): Promise<void> {
    try {
      await this.#supervisor.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Resolves when the tree has given up, or was stopped. */
  get exited(): Child['exited'] {
    return this.#supervisor.exited;
  }

  /** Stops the children in reverse order of their start. */
  async stop(): Promise<void> {
    await this.#supervisor.stop(STOP_MS);
    await this.#threads.close();
  }

  #superviseHosts(): Supervisor<Host> {
    const { threads, hosts, log } = this.#options;
    const ids = Array.from({ length: threads }, (_, i) => `session-host-${i + 1}`);
    return new Supervisor<Host>({
      strategy: 'one-for-one',
      intensity: intensityOf(ids.length),
      children: ids.map((id) => ({
        id,
        restart: 'permanent',
        shutdown: HOST_STOP_MS,
        start: () =>
          this.#threads.start({
            name: id,
            module: new URL('../session/host/host.js', import.meta.url),
            onSlowStart: (elapsedMs) => log.warn({ host: id, elapsedMs }, 'a session host is slow to start'),
          }),
      })),
      onChildStarted: (id, host) => hosts.add(id, host),
      onChildExited: (id, reason) => {
        hosts.remove(id);
        if (reason.kind !== 'normal')
          log.error({ host: id, reason: describeExit(reason) }, 'a session host ended');
      },
    });
  }

  /**
   * The root of the tree, which restarts nothing: without the state of the session registry all sessions are lost, so its
   * end ends the process.
   */
  #superviseAll(): Supervisor {
    const { registry, store, idleTimeoutMs, log } = this.#options;
    return new Supervisor({
      strategy: 'rest-for-one',
      intensity: { restarts: 0, withinMs: 1000 },
      children: [
        {
          id: 'sessions',
          restart: 'permanent',
          shutdown: ACTOR_STOP_MS,
          start: () => Promise.resolve(actorChild(registry)),
        },
        {
          id: 'hosts',
          restart: 'permanent',
          shutdown: Number.POSITIVE_INFINITY,
          start: () => this.#hostSupervisor.start(),
        },
        {
          id: 'sweeper',
          restart: 'permanent',
          shutdown: Number.POSITIVE_INFINITY,
          start: () => superviseSweeper(store, idleTimeoutMs, log).start(),
        },
      ],
    });
  }
}
