import { one, run, type Transaction } from '../engine/engine.js';

/** How many are known at most, some 15 MB; beyond it the oldest are forgotten. */
export const MAX_SPENT = 100_000;

/** Rows that are forgotten when one is added: more than are added, so that they do not pile up. */
const PRUNED_AT_ONCE = 20;

/**
 * What may not begin a session any more although it could: the `state` of a sign-in that came back, and the cookie of a
 * browser that was given another, each as a hash. Both are signed by us and their sign-in is over after some minutes, so a
 * row is forgotten then, and one that is forgotten too early lets nobody in who has not the provider's answer, too.
 */
export class SpentSignInTable {
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  *isSpent(hash: string): Transaction<boolean> {
    return (yield* one('SELECT hash FROM spent_sign_ins WHERE hash = ?', hash)) !== undefined;
  }

  /** False: it is already. */
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
