// AttemptTable counts attempts.
import { one, run, type Transaction } from '../engine/engine.js';
import type { AttemptCount } from '../ports/attempts.js';

/** The most rows with a window that is over that one more attempt deletes: more than it adds, so that they do not pile up. */
const PRUNED_AT_ONCE = 20;

/** The table of attempts. A row counts the attempts of one key within its window. */
export class AttemptTable {
  *count(key: string, now: number, windowMs: number): Transaction<AttemptCount> {
    yield* run(
      `DELETE FROM attempts
       WHERE id IN (SELECT id FROM attempts WHERE ends_at <= ? AND id <> ? ORDER BY ends_at LIMIT ?)`,
      now,
      key,
      PRUNED_AT_ONCE,
    );
    const row = yield* one<{ count: number; ends_at: number }>(
      `INSERT INTO attempts (id, count, ends_at) VALUES (?, 1, ?)
       ON CONFLICT (id) DO UPDATE SET
         count = CASE WHEN attempts.ends_at <= ? THEN 1 ELSE attempts.count + 1 END,
         ends_at = CASE WHEN attempts.ends_at <= ? THEN excluded.ends_at ELSE attempts.ends_at END
       RETURNING count, ends_at`,
      key,
      now + windowMs,
      now,
      now,
    );
    if (row === undefined) throw new Error('an attempt that was just counted is missing');
    return { count: row.count, leftMs: row.ends_at - now };
  }

  *forgive(key: string, now: number): Transaction<void> {
    yield* run('UPDATE attempts SET count = count - 1 WHERE id = ? AND count > 0 AND ends_at > ?', key, now);
  }
}
