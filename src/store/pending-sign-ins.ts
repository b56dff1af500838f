import type { CookieHash, IdSource } from './ids.js';
import type { PendingSignIn } from './ports/sign-ins.js';
import type { Database } from './sqlite.js';
import { statement } from './statement.js';

/** Sign-ins that one browser may have under way: as many tabs as a person opens. */
const MAX_OF_BROWSER = 5;

/** Sign-ins that all may have under way: some 80 MB. */
export const MAX_PENDING = 100_000;

/** Rows that expired and are deleted when one is added: more than are added, so that they do not pile up. */
const PRUNED_AT_ONCE = 20;

/** The rows of browsers that are on their way to the provider and back. */
export class PendingSignIns {
  readonly #ids: IdSource;
  readonly #max: number;
  readonly #prune;
  readonly #count;
  readonly #insert;
  readonly #dropOldest;
  readonly #take;

  constructor(db: Database, ids: IdSource, max: number) {
    this.#ids = ids;
    this.#max = max;
    this.#prune = statement<[now: number, limit: number]>(
      db,
      `DELETE FROM pending_sign_ins
       WHERE id IN (SELECT id FROM pending_sign_ins WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
    );
    this.#count = statement<[], { count: number }>(db, 'SELECT count(*) AS count FROM pending_sign_ins');
    this.#insert = statement<[string, CookieHash, string, string, number]>(
      db,
      'INSERT INTO pending_sign_ins (id, browser, state_hash, sealed, expires_at) VALUES (?, ?, ?, ?, ?)',
    );
    this.#dropOldest = statement<[browser: CookieHash, browser: CookieHash, kept: number]>(
      db,
      `DELETE FROM pending_sign_ins
       WHERE browser = ? AND id NOT IN
         (SELECT id FROM pending_sign_ins WHERE browser = ? ORDER BY id DESC LIMIT ?)`,
    );
    this.#take = statement<[browser: CookieHash, state: string], { sealed: string; expires_at: number }>(
      db,
      'DELETE FROM pending_sign_ins WHERE browser = ? AND state_hash = ? RETURNING sealed, expires_at',
    );
  }

  add(browser: CookieHash, { stateHash, sealed, expiresAt }: PendingSignIn, now: number): 'added' | 'full' {
    this.#prune.run(now, PRUNED_AT_ONCE);
    if ((this.#count.get()?.count ?? 0) >= this.#max) return 'full';
    this.#insert.run(this.#ids.next(), browser, stateHash, sealed, expiresAt);
    this.#dropOldest.run(browser, browser, MAX_OF_BROWSER);
    return 'added';
  }

  take(browser: CookieHash, stateHash: string, now: number): string | undefined {
    const row = this.#take.get(browser, stateHash);
    return row !== undefined && row.expires_at > now ? row.sealed : undefined;
  }
}
