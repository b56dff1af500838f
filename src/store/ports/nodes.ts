// NodePort decides which process owns the tunnels.
import type { NodeId } from './ids.js';

/** A process that wants to own the tunnels of devices. */
export interface NewNode {
  /** The id of one start of the process, never used again. */
  readonly nodeId: NodeId;
  /** The host's name, by which people know the process. */
  readonly name: string;
  /** An identity by which processes of the same machine can tell whether this one still lives; absent: they cannot. */
  readonly process?: string;
}

/** A node whose lease has not run out. Times are the database clock's, in milliseconds since 1970. */
export interface LiveNode extends NewNode {
  readonly startedAt: number;
  /** When the lease ends; a living node renews it long before. */
  readonly expiresAt: number;
  /** The time from now to the end of the lease, in ms. */
  readonly leftMs: number;
}

/**
 * The lease on the tunnels: one process owns them at a time, and renews its lease. The database's clock measures leases, as all
 * processes share it (on SQLite: the clock of the machine).
 */
export interface NodePort {
  /**
   * Gives a node the lease for `leaseMs`. Where another node has the lease, that node is answered and nothing changes.
   * @param ended a node that is known to have ended: its lease does not count
   */
  claimNode(node: NewNode, leaseMs: number, ended?: NodeId): Promise<LiveNode | undefined>;
  /** Renews a lease to end `leaseMs` from now, even if it ran out, unless another node took it. False: the node has no lease. */
  renewNode(node: NodeId, leaseMs: number): Promise<boolean>;
  /** Ends the lease of a node, if it has one. */
  releaseNode(node: NodeId): Promise<void>;
}
