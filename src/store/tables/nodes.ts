// NodeTable holds the process that owns the tunnels.
import { one, run, type Transaction } from '../engine/engine.js';
import type { NodeId } from '../ports/ids.js';
import type { NewNode } from '../ports/nodes.js';

interface Row {
  id: NodeId;
  name: string;
  process: string | null;
  started_at: number;
  expires_at: number;
}

/** A node with its lease, as the table keeps it. */
export interface KeptNode extends NewNode {
  readonly startedAt: number;
  readonly expiresAt: number;
}

/** The table of nodes. A row is a node that has the lease, or had it until it ran out. */
export class NodeTable {
  /**
   * Keeps other transactions from locking the table until this one is over. The caller asks for the time afterwards, as the wait
   * may be long.
   */
  *lock(): Transaction<void> {
    yield* run("UPDATE counters SET value = value + 1 WHERE name = 'nodes'");
  }

  /** Deletes nodes whose lease has run out, and the node that has `ended`. */
  *dropDead(now: number, ended: NodeId | undefined): Transaction<void> {
    yield* run('DELETE FROM nodes WHERE expires_at <= ? OR id = ?', now, ended ?? null);
  }

  /** The node with the lease, unless that is `node`. */
  *other(node: NodeId): Transaction<KeptNode | undefined> {
    const row = yield* one<Row>(
      'SELECT id, name, process, started_at, expires_at FROM nodes WHERE id <> ? ORDER BY id LIMIT 1',
      node,
    );
    if (row === undefined) return undefined;
    const { id: nodeId, name, process, started_at: startedAt, expires_at: expiresAt } = row;
    return { nodeId, name, startedAt, expiresAt, ...(process !== null && { process }) };
  }

  /** Adds a node with a lease until `until`; renews its lease if the node is there already. */
  *add({ nodeId, name, process: identity }: NewNode, now: number, until: number): Transaction<void> {
    yield* run(
      `INSERT INTO nodes (id, name, process, started_at, expires_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at`,
      nodeId,
      name,
      identity ?? null,
      now,
      until,
    );
  }

  /** Renews the lease of a node. False: the node is not there. */
  *renew(id: NodeId, until: number): Transaction<boolean> {
    return (yield* run('UPDATE nodes SET expires_at = ? WHERE id = ?', until, id)) === 1;
  }

  *drop(id: NodeId): Transaction<void> {
    yield* run('DELETE FROM nodes WHERE id = ?', id);
  }
}
