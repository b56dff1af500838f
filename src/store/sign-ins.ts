import type { CookieHash, IdSource, SignInId, UserId } from './ids.js';
import type { NewSignIn, SignIn, SignInSummary } from './ports/sign-ins.js';
import type { Page, PageRequest } from './ports.js';
import type { Database } from './sqlite.js';
import { statement } from './statement.js';

/** Rows whose time is over and that are deleted at once: bounded, as all else waits meanwhile. */
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
  sealed: string;
  ends_at: number;
}

/** Which session, and whose. */
export interface Ended {
  readonly id: SignInId;
  readonly owner: UserId;
}

type EndedRow = Pick<Row, 'id' | 'user_id'>;

const SUMMARY = 'id, created_at, last_used_at, expires_at, idle_ms, user_agent, remote_addr';

/** The rows of sign-in sessions. One that has ended is gone; one whose time is over is as good as gone. */
export class SignIns {
  readonly #ids: IdSource;
  readonly #insert;
  readonly #find;
  readonly #touch;
  readonly #extend;
  readonly #claim;
  readonly #reseal;
  readonly #list;
  readonly #end;
  readonly #endOfCookie;
  readonly #over;
  readonly #prune;

  constructor(db: Database, ids: IdSource) {
    this.#ids = ids;
    this.#insert = statement<
      [
        SignInId,
        UserId,
        CookieHash,
        string,
        number,
        number,
        number,
        number,
        number,
        string | null,
        string | null,
      ]
    >(
      db,
      `INSERT INTO sign_ins (id, user_id, cookie_hash, sealed, created_at, last_used_at, expires_at, idle_ms, ends_at,
         user_agent, remote_addr)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#find = statement<[cookie: CookieHash], Row>(
      db,
      `SELECT ${SUMMARY}, user_id, sealed, ends_at FROM sign_ins WHERE cookie_hash = ?`,
    );
    // Neither time goes back if the clock does.
    this.#touch = statement<[now: number, owner: UserId, id: SignInId, now: number, now: number]>(
      db,
      `UPDATE sign_ins SET last_used_at = ?
       WHERE user_id = ? AND id = ? AND last_used_at < ? AND ends_at > ?`,
    );
    this.#extend = statement<[owner: UserId, id: SignInId]>(
      db,
      `UPDATE sign_ins
       SET ends_at = CASE WHEN last_used_at + idle_ms < expires_at THEN last_used_at + idle_ms ELSE expires_at END
       WHERE user_id = ? AND id = ?`,
    );
    this.#claim = statement<[until: number, owner: UserId, id: SignInId, now: number, now: number]>(
      db,
      `UPDATE sign_ins SET claimed_until = ?
       WHERE user_id = ? AND id = ? AND ends_at > ? AND claimed_until <= ?`,
    );
    this.#reseal = statement<[sealed: string, owner: UserId, id: SignInId, now: number]>(
      db,
      'UPDATE sign_ins SET sealed = ? WHERE user_id = ? AND id = ? AND ends_at > ?',
    );
    this.#list = statement<[owner: UserId, after: string, now: number, limit: number], SummaryRow>(
      db,
      `SELECT ${SUMMARY} FROM sign_ins WHERE user_id = ? AND id > ? AND ends_at > ? ORDER BY id LIMIT ?`,
    );
    this.#end = statement<[owner: UserId, id: SignInId], { ends_at: number }>(
      db,
      'DELETE FROM sign_ins WHERE user_id = ? AND id = ? RETURNING ends_at',
    );
    this.#endOfCookie = statement<[cookie: CookieHash], EndedRow>(
      db,
      'DELETE FROM sign_ins WHERE cookie_hash = ? RETURNING id, user_id',
    );
    this.#over = statement<[now: number], { id: SignInId }>(
      db,
      'SELECT id FROM sign_ins WHERE ends_at <= ? ORDER BY ends_at LIMIT 1',
    );
    this.#prune = statement<[now: number, limit: number], EndedRow>(
      db,
      `DELETE FROM sign_ins WHERE id IN (SELECT id FROM sign_ins WHERE ends_at <= ? ORDER BY ends_at LIMIT ?)
       RETURNING id, user_id`,
    );
  }

  begin(owner: UserId, signIn: NewSignIn, now: number): SignInId {
    const { cookie, sealed, expiresAt, idleMs, userAgent = null, remoteAddr = null } = signIn;
    const id = this.#ids.next() as SignInId;
    const endsAt = Math.min(expiresAt, now + idleMs);
    this.#insert.run(id, owner, cookie, sealed, now, now, expiresAt, idleMs, endsAt, userAgent, remoteAddr);
    return id;
  }

  /** Also one whose time is over. */
  find(cookie: CookieHash): { readonly signIn: SignIn; readonly endsAt: number } | undefined {
    const row = this.#find.get(cookie);
    return (
      row && { signIn: { ...summary(row), userId: row.user_id, sealed: row.sealed }, endsAt: row.ends_at }
    );
  }

  touch(owner: UserId, id: SignInId, now: number): void {
    if (this.#touch.run(now, owner, id, now, now) === 1) this.#extend.run(owner, id);
  }

  claim(owner: UserId, id: SignInId, now: number, until: number): boolean {
    return this.#claim.run(until, owner, id, now, now) === 1;
  }

  reseal(owner: UserId, id: SignInId, sealed: string, now: number): boolean {
    return this.#reseal.run(sealed, owner, id, now) === 1;
  }

  list(
    owner: UserId,
    { limit, after = '' as SignInId }: PageRequest<SignInId>,
    now: number,
  ): Page<SignInSummary, SignInId> {
    const rows = this.#list.all(owner, after, now, limit + 1);
    const items = rows.slice(0, limit).map(summary);
    const last = items.at(-1);
    return rows.length > limit && last !== undefined ? { items, next: last.signInId } : { items };
  }

  /** What it was; undefined: there was none. */
  end(owner: UserId, id: SignInId, now: number): 'alive' | 'over' | undefined {
    const row = this.#end.get(owner, id);
    return row && (row.ends_at > now ? 'alive' : 'over');
  }

  /** Which one had this cookie. */
  endOfCookie(cookie: CookieHash): Ended | undefined {
    const row = this.#endOfCookie.get(cookie);
    return row && ended(row);
  }

  /** Whether there are some whose time is over. */
  anyOver(now: number): boolean {
    return this.#over.get(now) !== undefined;
  }

  /** Deletes some of those whose time is over. */
  prune(now: number): Ended[] {
    return this.#prune.all(now, PRUNED_AT_ONCE).map(ended);
  }
}

function ended({ id, user_id: owner }: EndedRow): Ended {
  return { id, owner };
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
