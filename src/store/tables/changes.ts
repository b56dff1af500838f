// ChangeTable is the feed of changes.
import { all, one, run, type Transaction } from '../engine/engine.js';
import type { Change, Changes } from '../ports/changes.js';
import type { ChangeSeq, CredentialId, DeviceId, SignInId, UserId } from '../ports/ids.js';

/** How many changes are kept: they last for hours at a pace that no fleet has, and take a few megabytes. */
export const CHANGES_KEPT = 50_000;

interface ChangeRow {
  seq: ChangeSeq;
  kind: Change['kind'];
  user_id: UserId;
  /** The id of a device or a sign-in, as `kind` says. */
  subject_id: string;
  credential_id: CredentialId | null;
  at: number;
}

/** The table of changes. A row is a change. Their `seq` has no gaps, so a reader sees when it has missed some. */
export class ChangeTable {
  readonly #kept: number;

  constructor(kept: number) {
    this.#kept = kept;
  }

  /**
   * Adds a change. The counter's row is locked from here to the commit, so that changes are committed in their order: a
   * transaction appends its changes last, when it holds all other rows that it needs.
   * @param credential the revoked credential; absent: the change is about the whole subject
   */
  *append(
    owner: UserId,
    kind: Change['kind'],
    subject: DeviceId | SignInId,
    now: number,
    credential?: CredentialId,
  ): Transaction<void> {
    const counted = yield* one<{ value: ChangeSeq }>(
      "UPDATE counters SET value = value + 1 WHERE name = 'changes' RETURNING value",
    );
    if (counted === undefined) throw new Error('the counter of changes is missing');
    yield* run(
      'INSERT INTO changes (seq, kind, user_id, subject_id, credential_id, at) VALUES (?, ?, ?, ?, ?, ?)',
      counted.value,
      kind,
      owner,
      subject,
      credential ?? null,
      now,
    );
    yield* run('DELETE FROM changes WHERE seq <= ?', counted.value - this.#kept);
  }

  *last(): Transaction<ChangeSeq> {
    const row = yield* one<{ value: ChangeSeq }>("SELECT value FROM counters WHERE name = 'changes'");
    if (row === undefined) throw new Error('the counter of changes is missing');
    return row.value;
  }

  *since(seq: ChangeSeq, limit: number): Transaction<Changes> {
    const last = yield* this.last();
    if (seq === last) return { changes: [], last, missed: false };
    const rows = yield* all<ChangeRow>(
      'SELECT seq, kind, user_id, subject_id, credential_id, at FROM changes WHERE seq > ? ORDER BY seq LIMIT ?',
      seq,
      limit,
    );
    const changes = rows.map(change);
    const first = changes[0];
    // A reader whose `seq` is beyond the last change read it before a backup was restored.
    if (first === undefined) return { changes, last, missed: true };
    return { changes, last: changes.at(-1)?.seq ?? last, missed: first.seq !== seq + 1 };
  }
}

function change(row: ChangeRow): Change {
  const { seq, kind, user_id: userId, subject_id: subject, credential_id: credentialId, at } = row;
  if (kind === 'sign-in-ended') return { seq, kind, signInId: subject as SignInId, userId, at };
  return { seq, kind, deviceId: subject as DeviceId, at, ...(credentialId !== null && { credentialId }) };
}
