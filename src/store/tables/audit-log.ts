// AuditTable is the audit log.
import { all, run, type Transaction } from '../engine/engine.js';
import type { AuditActor, AuditEntry, AuditResult, NewAuditEntry } from '../ports/audit.js';
import type { IdSource, UserId } from '../ports/ids.js';
import type { ListPage, PageRequest } from '../ports/page.js';
import { listPage } from '../ports/page.js';

/** How long an entry is kept, in ms: more than a year, so that a yearly review finds every entry. */
export const AUDIT_KEPT_MS = 400 * 86_400_000;

/** The most old rows that adding an entry deletes: more than one, so that they do not pile up. */
const PRUNED_AT_ONCE = 20;

/** Sorts after every id, as ids are in hex: a list from the newest to the oldest begins here. */
const END = 'g';

interface Row {
  id: string;
  actor: AuditActor;
  action: string;
  target: string | null;
  remote_addr: string | null;
  request_id: string | null;
  result: AuditResult;
  times: number;
  at: number;
}

/** The table of the audit log. A row is an entry. */
export class AuditTable {
  readonly #ids: IdSource;

  constructor(ids: IdSource) {
    this.#ids = ids;
  }

  *add(owner: UserId | undefined, entry: NewAuditEntry, now: number): Transaction<void> {
    const { actor = 'user', action, target = null, remoteAddr = null, requestId = null } = entry;
    const { result, times = 1 } = entry;
    yield* run(
      'DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at <= ? ORDER BY at LIMIT ?)',
      now - AUDIT_KEPT_MS,
      PRUNED_AT_ONCE,
    );
    yield* run(
      `INSERT INTO audit_log (id, user_id, actor, action, target, remote_addr, request_id, result, times, at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      this.#ids.next(),
      owner ?? null,
      actor,
      action,
      target,
      remoteAddr,
      requestId,
      result,
      times,
      now,
    );
  }

  *list(
    owner: UserId,
    { limit, after = END }: PageRequest<string>,
  ): Transaction<ListPage<AuditEntry, string>> {
    const rows = yield* all<Row>(
      `SELECT id, actor, action, target, remote_addr, request_id, result, times, at
       FROM audit_log WHERE user_id = ? AND id < ? ORDER BY id DESC LIMIT ?`,
      owner,
      after,
      limit + 1,
    );
    return listPage(rows, limit, entry);
  }
}

function entry(row: Row): AuditEntry {
  return {
    auditId: row.id,
    at: row.at,
    actor: row.actor,
    action: row.action,
    ...(row.target !== null && { target: row.target }),
    ...(row.remote_addr !== null && { remoteAddr: row.remote_addr }),
    ...(row.request_id !== null && { requestId: row.request_id }),
    result: row.result,
    ...(row.times > 1 && { times: row.times }),
  };
}
