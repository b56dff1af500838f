// SpentSignInTable holds the states and cookies that may not begin a session any more.
import { one, run, type Transaction } from '../engine/engine.js';

/** The most rows, some 15 MB; beyond it the oldest are deleted. */
export const MAX_SPENT = 100_000;

/** The most old rows that adding a row deletes: more than one, so that they do not pile up. */
const PRUNED_AT_ONCE = 20;

/**
 * The table of spent states and cookies. A row is the hash of one that may not begin a session any more, although its signature
 * is good: the `state` of a sign-in that came back, or the cookie of a browser that was given another one. Their sign-in is over
 * after some minutes, and then the row is deleted. A row that is deleted too early lets nobody in who does not have the
 * provider's answer as well.
 */
export class SpentSignInTable {
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  *isSpent(hash: string): Transaction<boolean> {
    return (yield* one('SELECT hash FROM spent_sign_ins WHERE hash = ?', hash)) !== undefined;
  }

  /** Notes a hash as spent. False: it was spent already. */
  *spend(hash: string, expiresAt: number, now: number): Transaction<boolean> {
    yield* this.#forget(now);
    const added = yield* run(
      'INSERT INTO spent_sign_ins (hash, expires_at) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING',
      hash,
      expiresAt,
    );
    return added === 1;
  }

  *#forget(now: number): Transaction<void> {
    const kept = yield* one<{ count: number }>('SELECT count(*) AS count FROM spent_sign_ins');
    const isFull = (kept?.count ?? 0) >= this.#max;
    yield* run(
      `DELETE FROM spent_sign_ins
       WHERE hash IN (SELECT hash FROM spent_sign_ins WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
      isFull ? Number.MAX_SAFE_INTEGER : now,
      PRUNED_AT_ONCE,
    );
  }
}
