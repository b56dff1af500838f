// This port decides which process owns the tunnels.
import type { NodeId } from './ids.js';

/** A process that wants to own the tunnels of devices. */
export interface NewNode {
  /** The id of one start of the process, never used again. */
  readonly nodeId: NodeId;
  /** The name by which people know it: its host. */
  readonly name: string;
  /** What processes of the same machine tell by whether it still lives; absent: they cannot. */
  readonly process?: string;
}

/** A node whose lease has not run out. Times are the database clock's, in milliseconds since 1970. */
export interface LiveNode extends NewNode {
  readonly startedAt: number;
  /** The end of the lease, which a living node renews long before. */
  readonly expiresAt: number;
  /** The time from now to the end of the lease, in ms. */
  readonly leftMs: number;
}

/**
 * Which process owns the tunnels: one at a time, by a lease that it renews. Leases are measured by the database's clock, which
 * all processes share (on SQLite: the clock of the machine).
 */
export interface NodePort {
  /**
   * Gives a node the lease for `leaseMs`. Where another node has it, nothing is done, and that node is answered.
   * @param ended a node that is known to have ended: its lease does not count
   */
  claimNode(node: NewNode, leaseMs: number, ended?: NodeId): Promise<LiveNode | undefined>;
  /** Renews a lease to end `leaseMs` from now, also one that ran out and that nobody took. False: the node has no lease. */
  renewNode(node: NodeId, leaseMs: number): Promise<boolean>;
  /** Ends the lease of a node; without one nothing happens. */
  releaseNode(node: NodeId): Promise<void>;
}
