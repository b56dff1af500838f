// The node lease is the right by which one process owns the tunnels of its data (ADR 27).
import { hostname } from 'node:os';
import type { Clock } from '../../actors/clock.js';
import { CodedError } from '../../actors/errors.js';
import type { Logger } from '../../observability/log.js';
import { storeWhy } from '../../store/ports/errors.js';
import { IdSource, type NodeId } from '../../store/ports/ids.js';
import type { LiveNode, NewNode, NodePort } from '../../store/ports/nodes.js';
import { hasEnded, pidHere, processIdentity } from './process-identity.js';

/** How long the lease of a process that was killed keeps others out, in ms. */
export const LEASE_MS = 15_000;

/** How often the lease is renewed, in ms: two renewals may fail. */
const RENEW_MS = 5_000;

/** How often a process that waits for the end of another's lease checks it, in ms. */
const LOOK_MS = 500;

/** The options of a {@link NodeLease}. */
export interface NodeLeaseOptions {
  readonly store: NodePort;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Another process owns the tunnels of the same data. */
export class NodeTakenError extends CodedError {
  override readonly name = 'NodeTakenError';

  constructor(holder: LiveNode, what: string) {
    const pid = pidOf(holder);
    const which = pid === undefined ? 'another process' : `another process (pid ${pid})`;
    const startedAt = new Date(holder.startedAt).toISOString();
    super('ERR_NODE_TAKEN', `${which} on ${holder.name}, started at ${startedAt}, ${what}`);
  }
}

/**
 * The right of this process to own the tunnels of its data: two processes at once would each know half of the devices. While
 * the store is away the process keeps its tunnels; if another process took over meanwhile, the lease is lost.
 */
export class NodeLease {
  readonly #options: NodeLeaseOptions;
  readonly #nodeId = new IdSource(Date.now).next() as NodeId;
  #reportLost: (why: Error) => void = () => {};
  #released = false;
  /** True if the last renewal failed; the log says so. */
  #failing = false;
  #cancel: () => void = () => {};
  /** Resolves with the reason when this process must end, as another one owns the tunnels. */
  readonly lost = new Promise<Error>((resolve) => {
    this.#reportLost = resolve;
  });

  constructor(options: NodeLeaseOptions) {
    this.#options = options;
  }

  /**
   * Takes the lease. If another process holds it and is not known to have ended, waits: the lease of a killed process runs
   * out, while a living process renews its own.
   * @throws NodeTakenError, StoreError
   */
  async take(): Promise<void> {
    const { store, clock, log } = this.#options;
    const node = ownNode(this.#nodeId);
    let ended: NodeId | undefined;
    let first: LiveNode | undefined;
    for (;;) {
      const holder = await store.claimNode(node, LEASE_MS, ended);
      if (holder === undefined) break;
      if (holder.nodeId !== ended && holder.process !== undefined && hasEnded(holder.process)) {
        ended = holder.nodeId;
        continue;
      }
      if (first === undefined) {
        first = holder;
        const { name, leftMs } = holder;
        log.warn(
          { holder: name, holderPid: pidOf(holder), leftMs },
          'another process owns the tunnels: waiting whether it still lives',
        );
      } else if (holder.nodeId !== first.nodeId || holder.expiresAt > first.expiresAt) {
        throw new NodeTakenError(
          holder,
          'owns the tunnels of these data: stop it first, or give this one data of its own (VISIONA_DATA_DIR, DATABASE_URL)',
        );
      }
      await pause(clock, Math.min(LOOK_MS, Math.max(1, holder.leftMs)));
    }
    this.#schedule();
  }

  /** Gives the lease up, so that another process may take it. Does not fail: if the store is away, the lease runs out. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#cancel();
    try {
      await this.#options.store.releaseNode(this.#nodeId);
    } catch (error) {
      this.#options.log.warn(storeWhy(error), 'the lease of the tunnels could not be released: it runs out');
    }
  }

  #schedule(): void {
    if (this.#released) return;
    this.#cancel = this.#options.clock.after(RENEW_MS, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { store, log } = this.#options;
    try {
      if (!(await store.renewNode(this.#nodeId, LEASE_MS)) && !this.#released) await this.#takeAgain();
      this.#failing = false;
    } catch (error) {
      // Open tunnels work without the store, so a failed renewal ends nothing.
      if (!this.#failing)
        log.warn(storeWhy(error), 'the lease of the tunnels could not be renewed: it is tried again');
      this.#failing = true;
    }
    this.#schedule();
  }

  /** Claims a lease that could not be renewed: another process has it, or its row is gone, as in an older copy of the data. */
  async #takeAgain(): Promise<void> {
    const holder = await this.#options.store.claimNode(ownNode(this.#nodeId), LEASE_MS);
    if (holder === undefined) return;
    const why = new NodeTakenError(holder, 'has taken over the tunnels of these data: this one ends');
    this.#released = true;
    this.#options.log.error({ err: why }, 'the lease of the tunnels is lost');
    this.#reportLost(why);
  }
}

/** The process id of a node; undefined: the node is not known to run on this machine. */
function pidOf({ process: identity }: LiveNode): number | undefined {
  return identity === undefined ? undefined : pidHere(identity);
}

function ownNode(nodeId: NodeId): NewNode {
  const identity = processIdentity();
  return { nodeId, name: hostname(), ...(identity !== undefined && { process: identity }) };
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
