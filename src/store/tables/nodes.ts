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

/** A row, as it is kept. */
export interface KeptNode extends NewNode {
  readonly startedAt: number;
  readonly expiresAt: number;
}

/** The rows of processes that own tunnels. */
export class NodeTable {
  /** Whoever else does this waits until the transaction is over: the time is to be asked for after it. */
  *lock(): Transaction<void> {
    yield* run("UPDATE counters SET value = value + 1 WHERE name = 'nodes'");
  }

  /** Takes away those whose lease has run out, and the one that has `ended`. */
  *dropDead(now: number, ended: NodeId | undefined): Transaction<void> {
    yield* run('DELETE FROM nodes WHERE expires_at <= ? OR id = ?', now, ended ?? null);
  }

  /** The one there is beside `node`. */
  *other(node: NodeId): Transaction<KeptNode | undefined> {
    const row = yield* one<Row>(
      'SELECT id, name, process, started_at, expires_at FROM nodes WHERE id <> ? ORDER BY id LIMIT 1',
      node,
    );
    if (row === undefined) return undefined;
    const { id: nodeId, name, process, started_at: startedAt, expires_at: expiresAt } = row;
    return { nodeId, name, startedAt, expiresAt, ...(process !== null && { process }) };
  }

  /** Adds one; one that is there stays for as long. */
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

  /** False: it is not there. */
  *renew(id: NodeId, until: number): Transaction<boolean> {
    return (yield* run('UPDATE nodes SET expires_at = ? WHERE id = ?', until, id)) === 1;
  }

  *drop(id: NodeId): Transaction<void> {
    yield* run('DELETE FROM nodes WHERE id = ?', id);
  }
}
