import type { Clock, IdSource, UserId } from './ids.js';
import type { Database } from './sqlite.js';
import { statement } from './statement.js';

/** The rows of users. */
export class Users {
  readonly #ids: IdSource;
  readonly #clock: Clock;
  readonly #insert;
  readonly #find;

  constructor(db: Database, ids: IdSource, clock: Clock) {
    this.#ids = ids;
    this.#clock = clock;
    this.#insert = statement<[id: string, issuer: string, subject: string, createdAt: number]>(
      db,
      `INSERT INTO users (id, issuer, subject, created_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (issuer, subject) DO NOTHING`,
    );
    this.#find = statement<[issuer: string, subject: string], { id: UserId }>(
      db,
      'SELECT id FROM users WHERE issuer = ? AND subject = ?',
    );
  }

  find(issuer: string, subject: string): UserId | undefined {
    return this.#find.get(issuer, subject)?.id;
  }

  ensure(issuer: string, subject: string): UserId {
    this.#insert.run(this.#ids.next(), issuer, subject, this.#clock());
    const id = this.find(issuer, subject);
    if (id === undefined) throw new Error('a user that was just added is missing');
    return id;
  }
}
