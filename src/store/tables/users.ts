// UserTable holds the users.
import { one, run, type Transaction } from '../engine/engine.js';
import type { IdSource, UserId } from '../ports/ids.js';

/** The table of users. A row is a user. */
export class UserTable {
  readonly #ids: IdSource;

  constructor(ids: IdSource) {
    this.#ids = ids;
  }

  *find(issuer: string, subject: string): Transaction<UserId | undefined> {
    const row = yield* one<{ id: UserId }>(
      'SELECT id FROM users WHERE issuer = ? AND subject = ?',
      issuer,
      subject,
    );
    return row?.id;
  }

  *ensure(issuer: string, subject: string, now: number): Transaction<UserId> {
    yield* run(
      `INSERT INTO users (id, issuer, subject, created_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (issuer, subject) DO NOTHING`,
      this.#ids.next(),
      issuer,
      subject,
      now,
    );
    const id = yield* this.find(issuer, subject);
    if (id === undefined) throw new Error('a user that was just added is missing');
    return id;
  }

  /** Keeps other transactions from locking the same user until this one is over. */
  *lock(id: UserId): Transaction<void> {
    yield* run('UPDATE users SET created_at = created_at WHERE id = ?', id);
  }
}
