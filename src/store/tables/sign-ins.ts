// SignInTable holds the sign-in sessions.
import { all, one, run, type Transaction } from '../engine/engine.js';
import type { CookieHash, IdSource, SignInId, UserId } from '../ports/ids.js';
import type { ListPage, PageRequest } from '../ports/page.js';
import { listPage } from '../ports/page.js';
import {
  MAX_SIGN_INS,
  type NewSignIn,
  type SealedSignIn,
  type SignIn,
  type SignInSummary,
} from '../ports/sign-ins.js';

/** The most rows that one transaction deletes: all other writes wait meanwhile. */
const PRUNED_AT_ONCE = 200;

interface SummaryRow {
  id: SignInId;
  created_at: number;
  last_used_at: number;
  expires_at: number;
  idle_ms: number;
  user_agent: string | null;
  remote_addr: string | null;
}

interface Row extends SummaryRow {
  user_id: UserId;
  cookie_hash: CookieHash;
  sealed: string;
  ends_at: number;
  claimed_until: number;
}

/** A session whose row was deleted. */
export interface EndedSignIn {
  readonly owner: UserId;
  /** The session's time was not over. */
  readonly alive: boolean;
  readonly signIn: SealedSignIn;
}

type OwnRow = Pick<Row, 'id' | 'user_id'>;
type EndedRow = Pick<Row, 'id' | 'user_id' | 'cookie_hash' | 'sealed' | 'ends_at'>;

const ENDED = 'id, user_id, cookie_hash, sealed, ends_at';

const SUMMARY = 'id, created_at, last_used_at, expires_at, idle_ms, user_agent, remote_addr';

/**
 * The table of sessions. A row is a session. A session that has ended has no row; one whose time is over (`ends_at`) counts as
 * ended.
 */
export class SignInTable {
  readonly #ids: IdSource;

  constructor(ids: IdSource) {
    this.#ids = ids;
  }

  *begin(owner: UserId, signIn: NewSignIn, now: number): Transaction<SignInId> {
    const { cookie, sealed, expiresAt, idleMs, userAgent = null, remoteAddr = null } = signIn;
    const id = this.#ids.next() as SignInId;
    yield* run(
      `INSERT INTO sign_ins (id, user_id, cookie_hash, sealed, created_at, last_used_at, expires_at, idle_ms, ends_at,
         user_agent, remote_addr)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      owner,
      cookie,
      sealed,
      now,
      now,
      expiresAt,
      idleMs,
      Math.min(expiresAt, now + idleMs),
      userAgent,
      remoteAddr,
    );
    return id;
  }

  /** The session of a cookie, even if its time is over. */
  *find(cookie: CookieHash): Transaction<{ readonly signIn: SignIn; readonly endsAt: number } | undefined> {
    const row = yield* one<Row>(
      `SELECT ${SUMMARY}, user_id, sealed, ends_at, claimed_until FROM sign_ins WHERE cookie_hash = ?`,
      cookie,
    );
    if (row === undefined) return undefined;
    const { user_id: userId, sealed, claimed_until: claimedUntil, ends_at: endsAt } = row;
    return { signIn: { ...summary(row), userId, sealed, claimedUntil }, endsAt };
  }

  /** Notes a use. If the clock steps back, neither the time of the last use nor the end does. */
  *touch(owner: UserId, id: SignInId, now: number): Transaction<void> {
    const touched = yield* run(
      'UPDATE sign_ins SET last_used_at = ? WHERE user_id = ? AND id = ? AND last_used_at < ? AND ends_at > ?',
      now,
      owner,
      id,
      now,
      now,
    );
    if (touched === 0) return;
    yield* run(
      `UPDATE sign_ins
       SET ends_at = CASE WHEN last_used_at + idle_ms < expires_at THEN last_used_at + idle_ms ELSE expires_at END
       WHERE user_id = ? AND id = ?`,
      owner,
      id,
    );
  }

  *claim(owner: UserId, id: SignInId, now: number, until: number): Transaction<boolean> {
    const claimed = yield* run(
      `UPDATE sign_ins SET claimed_until = ?
       WHERE user_id = ? AND id = ? AND ends_at > ? AND claimed_until <= ?`,
      until,
      owner,
      id,
      now,
      now,
    );
    return claimed === 1;
  }

  *reseal(owner: UserId, id: SignInId, sealed: string, now: number): Transaction<boolean> {
    const sealedAnew = yield* run(
      'UPDATE sign_ins SET sealed = ? WHERE user_id = ? AND id = ? AND ends_at > ?',
      sealed,
      owner,
      id,
      now,
    );
    return sealedAnew === 1;
  }

  *list(
    owner: UserId,
    { limit, after = '' as SignInId }: PageRequest<SignInId>,
    now: number,
  ): Transaction<ListPage<SignInSummary, SignInId>> {
    const rows = yield* all<SummaryRow>(
      `SELECT ${SUMMARY} FROM sign_ins WHERE user_id = ? AND id > ? AND ends_at > ? ORDER BY id LIMIT ?`,
      owner,
      after,
      now,
      limit + 1,
    );
    return listPage(rows, limit, summary);
  }

  /** Deletes a session. Undefined: there is no such session. */
  *end(owner: UserId, id: SignInId, now: number): Transaction<EndedSignIn | undefined> {
    const row = yield* one<EndedRow>(
      `DELETE FROM sign_ins WHERE user_id = ? AND id = ? RETURNING ${ENDED}`,
      owner,
      id,
    );
    return row && ended(row, now);
  }

  /** Deletes the session of a cookie. Undefined: there is no such session. */
  *endOfCookie(cookie: CookieHash, now: number): Transaction<EndedSignIn | undefined> {
    const row = yield* one<EndedRow>(`DELETE FROM sign_ins WHERE cookie_hash = ? RETURNING ${ENDED}`, cookie);
    return row && ended(row, now);
  }

  /** Deletes the sessions of a user beyond {@link MAX_SIGN_INS}: those whose last use is oldest. */
  *endSurplus(owner: UserId, now: number): Transaction<EndedSignIn[]> {
    const rows = yield* all<EndedRow>(
      `DELETE FROM sign_ins WHERE id IN
         (SELECT id FROM sign_ins WHERE user_id = ? ORDER BY last_used_at DESC, id DESC LIMIT ? OFFSET ?)
       RETURNING ${ENDED}`,
      owner,
      PRUNED_AT_ONCE,
      MAX_SIGN_INS,
    );
    return rows.map((row) => ended(row, now));
  }

  /** Whether there are sessions for `prune` to delete. */
  *anyOver(now: number): Transaction<boolean> {
    return (
      (yield* one('SELECT id FROM sign_ins WHERE ends_at <= ? ORDER BY ends_at LIMIT 1', now)) !== undefined
    );
  }

  /** Deletes some sessions whose time is over at `then`. */
  *prune(then: number): Transaction<{ readonly owner: UserId; readonly id: SignInId }[]> {
    const rows = yield* all<OwnRow>(
      `DELETE FROM sign_ins WHERE id IN (SELECT id FROM sign_ins WHERE ends_at <= ? ORDER BY ends_at LIMIT ?)
       RETURNING id, user_id`,
      then,
      PRUNED_AT_ONCE,
    );
    return rows.map(({ id, user_id: owner }) => ({ id, owner }));
  }
}

function ended(
  { id, user_id: owner, cookie_hash: cookie, sealed, ends_at }: EndedRow,
  now: number,
): EndedSignIn {
  return { owner, alive: ends_at > now, signIn: { signInId: id, cookie, sealed } };
}

function summary(row: SummaryRow): SignInSummary {
  return {
    signInId: row.id,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    idleMs: row.idle_ms,
    ...(row.user_agent !== null && { userAgent: row.user_agent }),
    ...(row.remote_addr !== null && { remoteAddr: row.remote_addr }),
  };
}
