import { describeExit } from '../../actors/errors.js';
import type { Host } from '../../actors/host.js';
import { ThreadHosts } from '../../actors/hosting/thread-host.js';
import { spawn } from '../../actors/local/spawn.js';
import { actorChild, type Child, intensityOf } from '../../actors/supervision/spec.js';
import { Supervisor } from '../../actors/supervision/supervisor.js';
import type { Logger } from '../../observability/log.js';
import { RegistryStore } from '../registry/registry-store.js';
import {
  type RegistryAsks,
  type RegistryMessage,
  SessionRegistry,
  type SessionRegistryRef,
} from '../registry/session-registry.js';
import { superviseSweeper } from '../registry/sweeper.js';
import { SessionHosts } from '../session/main/session-hosts.js';

/** Messages that may wait for the session registry: all calls of one loop turn, many times over. */
const REGISTRY_MAILBOX = 65_536;
const HOST_STOP_MS = 5000;
const ACTOR_STOP_MS = 1000;

export interface SessionPlaneOptions {
  /** Session host threads. */
  readonly hosts: number;
  readonly idleTimeoutMs: number;
  readonly log: Logger;
}

/** The sessions of a process and the supervision tree that they live in (01-system.md §1.2). */
export class SessionPlane {
  readonly hosts = new SessionHosts();
  readonly sessions: SessionRegistryRef;
  readonly store: RegistryStore;
  readonly #options: SessionPlaneOptions;
  readonly #threads: ThreadHosts;
  readonly #hostSupervisor: Supervisor<Host>;
  readonly #supervisor: Supervisor;

  constructor(options: SessionPlaneOptions) {
    this.#options = options;
    this.#threads = new ThreadHosts(options.hosts);
    this.sessions = spawn<RegistryMessage, RegistryAsks>(() => new SessionRegistry(options.idleTimeoutMs), {
      mailbox: REGISTRY_MAILBOX,
    });
    this.store = new RegistryStore(this.sessions);
    this.#hostSupervisor = this.#superviseHosts();
    this.#supervisor = this.#superviseAll();
  }

  /** Starts the hosts and what watches over the sessions. */
  async start(): Promise<this> {
    await this.#supervisor.start();
    return this;
  }

  /** Resolves when the tree has given up, or was stopped. */
  get exited(): Child['exited'] {
    return this.#supervisor.exited;
  }

  /** Stops what was started, in reverse order. */
  async stop(timeoutMs: number): Promise<void> {
    await this.#supervisor.stop(timeoutMs);
    await this.#threads.close();
  }

  #superviseHosts(): Supervisor<Host> {
    const { log } = this.#options;
    const ids = Array.from({ length: this.#options.hosts }, (_, i) => `session-host-${i + 1}`);
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
      onChildStarted: (id, host) => this.hosts.add(id, host),
      onChildExited: (id, reason) => {
        this.hosts.remove(id);
        if (reason.kind !== 'normal')
          log.error({ host: id, reason: describeExit(reason) }, 'a session host ended');
      },
    });
  }

  /** Nothing is restarted here: without the session registry's state the sessions are lost, so its end is the end. */
  #superviseAll(): Supervisor {
    const { idleTimeoutMs, log } = this.#options;
    return new Supervisor({
      strategy: 'rest-for-one',
      intensity: { restarts: 0, withinMs: 1000 },
      children: [
        {
          id: 'sessions',
          restart: 'permanent',
          shutdown: ACTOR_STOP_MS,
          start: () => Promise.resolve(actorChild(this.sessions)),
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
          start: () => superviseSweeper(this.store, idleTimeoutMs, log).start(),
        },
      ],
    });
  }
}
