import type { CookieHash, IdSource } from '../ids.js';
import type { PendingSignIn } from '../ports/sign-ins.js';
import { one, run, type Work } from '../query.js';

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

  constructor(ids: IdSource, max: number) {
    this.#ids = ids;
    this.#max = max;
  }

  *add(browser: CookieHash, pending: PendingSignIn, now: number): Work<'added' | 'full'> {
    const { stateHash, sealed, expiresAt } = pending;
    yield* run(
      `DELETE FROM pending_sign_ins
       WHERE id IN (SELECT id FROM pending_sign_ins WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
      now,
      PRUNED_AT_ONCE,
    );
    const kept = yield* one<{ count: number }>('SELECT count(*) AS count FROM pending_sign_ins');
    if ((kept?.count ?? 0) >= this.#max) return 'full';
    yield* run(
      'INSERT INTO pending_sign_ins (id, browser, state_hash, sealed, expires_at) VALUES (?, ?, ?, ?, ?)',
      this.#ids.next(),
      browser,
      stateHash,
      sealed,
      expiresAt,
    );
    yield* run(
      `DELETE FROM pending_sign_ins
       WHERE browser = ? AND id NOT IN
         (SELECT id FROM pending_sign_ins WHERE browser = ? ORDER BY id DESC LIMIT ?)`,
      browser,
      browser,
      MAX_OF_BROWSER,
    );
    return 'added';
  }

  /** All of a browser. */
  *drop(browser: CookieHash): Work<void> {
    yield* run('DELETE FROM pending_sign_ins WHERE browser = ?', browser);
  }

  *take(browser: CookieHash, stateHash: string, now: number): Work<string | undefined> {
    const row = yield* one<{ sealed: string; expires_at: number }>(
      'DELETE FROM pending_sign_ins WHERE browser = ? AND state_hash = ? RETURNING sealed, expires_at',
      browser,
      stateHash,
    );
    return row !== undefined && row.expires_at > now ? row.sealed : undefined;
  }
}
