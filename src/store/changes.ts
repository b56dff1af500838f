import type { ChangeSeq, CredentialId, DeviceId, SignInId, UserId } from './ids.js';
import type { Change, Changes } from './ports.js';
import type { Database } from './sqlite.js';
import { statement } from './statement.js';

/** Changes that are kept: hours of them at a pace that no fleet has, in a few megabytes. */
export const CHANGES_KEPT = 50_000;

interface ChangeRow {
  seq: ChangeSeq;
  kind: Change['kind'];
  user_id: UserId;
  /** Of a device or a sign-in, as `kind` says. */
  subject_id: string;
  credential_id: CredentialId | null;
  at: number;
}

/** The rows of the feed of changes. Their `seq` has no gaps, so a reader sees when it has missed some. */
export class ChangeLog {
  readonly #kept: number;
  readonly #count;
  readonly #insert;
  readonly #prune;
  readonly #since;
  readonly #last;
  readonly #dataVersion;
  /** The last change, and the version of the data for which that is known to be so. */
  #known: { last: ChangeSeq; dataVersion: number } | undefined;

  constructor(db: Database, kept: number) {
    this.#kept = kept;
    this.#count = statement<[], { value: ChangeSeq }>(
      db,
      "UPDATE counters SET value = value + 1 WHERE name = 'changes' RETURNING value",
    );
    this.#insert = statement<
      [seq: number, kind: string, user: string, subject: string, credential: string | null, at: number]
    >(
      db,
      'INSERT INTO changes (seq, kind, user_id, subject_id, credential_id, at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#prune = statement<[upTo: number]>(db, 'DELETE FROM changes WHERE seq <= ?');
    this.#since = statement<[seq: number, limit: number], ChangeRow>(
      db,
      'SELECT seq, kind, user_id, subject_id, credential_id, at FROM changes WHERE seq > ? ORDER BY seq LIMIT ?',
    );
    this.#last = statement<[], { value: ChangeSeq }>(db, "SELECT value FROM counters WHERE name = 'changes'");
    // Changes when another connection has committed; this connection's own commits leave it as it is.
    this.#dataVersion = statement<[], { data_version: number }>(db, 'PRAGMA data_version');
  }

  /** @param credential present where only this one of the device is concerned */
  append(
    owner: UserId,
    kind: Change['kind'],
    subject: DeviceId | SignInId,
    now: number,
    credential?: CredentialId,
  ): void {
    this.#known = undefined;
    const seq = this.#count.get()?.value;
    if (seq === undefined) throw new Error('the counter of changes is missing');
    this.#insert.run(seq, kind, owner, subject, credential ?? null, now);
    this.#prune.run(seq - this.#kept);
  }

  last(): ChangeSeq {
    const dataVersion = this.#dataVersion.get()?.data_version ?? 0;
    if (this.#known?.dataVersion === dataVersion) return this.#known.last;
    const last = this.#last.get()?.value;
    if (last === undefined) throw new Error('the counter of changes is missing');
    this.#known = { last, dataVersion };
    return last;
  }

  since(seq: ChangeSeq, limit: number): Changes {
    const last = this.last();
    if (seq === last) return { changes: [], last, missed: false };
    const changes = this.#since.all(seq, limit).map(change);
    const first = changes[0];
    // A `seq` beyond the last one is from before a backup was restored.
    if (first === undefined) return { changes, last, missed: true };
    return { changes, last: changes.at(-1)?.seq ?? last, missed: first.seq !== seq + 1 };
  }
}

function change(row: ChangeRow): Change {
  const { seq, kind, user_id: userId, subject_id: subject, credential_id: credentialId, at } = row;
  if (kind === 'sign-in-ended') return { seq, kind, signInId: subject as SignInId, userId, at };
  return { seq, kind, deviceId: subject as DeviceId, at, ...(credentialId !== null && { credentialId }) };
}
