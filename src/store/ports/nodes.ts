import type { NodeId } from './ids.js';

/** A process that owns the tunnels of devices. */
export interface NewNode {
  /** Of one start of the process; never used again. */
  readonly nodeId: NodeId;
  /** What people call it: its host. */
  readonly name: string;
  /** By which others of its machine can tell whether it lives; absent: nobody can. */
  readonly process?: string;
}

/** A node whose lease has not run out, or was not taken by another one. Times are of the database's clock. */
export interface LiveNode extends NewNode {
  readonly startedAt: number;
  /** It is renewed long before. */
  readonly expiresAt: number;
  /** How long that is from now, in ms. */
  readonly leftMs: number;
}

/**
 * Which process owns the tunnels: one at a time, by a lease that it renews. All that counts is the database's clock, which
 * its processes share (on SQLite: that of the machine).
 */
export interface NodePort {
  /**
   * Makes a node the one there is, for `leaseMs`, unless another one lives: then that is answered.
   * @param ended a node that is known to have ended, whatever is left of its lease
   */
  claimNode(node: NewNode, leaseMs: number, ended?: NodeId): Promise<LiveNode | undefined>;
  /** The lease ends `leaseMs` from now, also if it had run out and nobody has taken it. False: it is not the one any more. */
  renewNode(node: NodeId, leaseMs: number): Promise<boolean>;
  /** Ends the lease. */
  releaseNode(node: NodeId): Promise<void>;
}
