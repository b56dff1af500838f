import type { DeviceId, IdSource, PairingTokenId, TokenHash, UserId } from './ids.js';
import type { NewPairingToken, PairingOffer, PairingToken, PairingTokenState } from './ports/pairing.js';
import type { Page, PageRequest } from './ports.js';
import type { Database } from './sqlite.js';
import { statement } from './statement.js';

/** Tokens of one user that are kept, the newest; beyond it the oldest are forgotten, whatever became of them. */
const KEPT_OF_USER = 100;

interface Row {
  id: PairingTokenId;
  name: string | null;
  created_at: number;
  expires_at: number;
  used_at: number | null;
  revoked_at: number | null;
  device_id: DeviceId | null;
}

const USABLE = 'used_at IS NULL AND revoked_at IS NULL AND expires_at > ?';

/** The rows of pairing tokens. */
export class PairingTokens {
  readonly #ids: IdSource;
  readonly #insert;
  readonly #void;
  readonly #forget;
  readonly #list;
  readonly #revoke;
  readonly #find;
  readonly #use;

  constructor(db: Database, ids: IdSource) {
    this.#ids = ids;
    this.#insert = statement<
      [id: string, owner: UserId, hash: TokenHash, name: string | null, createdAt: number, expiresAt: number]
    >(
      db,
      `INSERT INTO pairing_tokens (id, user_id, token_hash, name, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#void = statement<[at: number, owner: UserId, now: number]>(
      db,
      `UPDATE pairing_tokens SET revoked_at = ? WHERE user_id = ? AND ${USABLE}`,
    );
    this.#forget = statement<[owner: UserId, owner: UserId, kept: number]>(
      db,
      `DELETE FROM pairing_tokens
       WHERE user_id = ? AND id NOT IN
         (SELECT id FROM pairing_tokens WHERE user_id = ? ORDER BY id DESC LIMIT ?)`,
    );
    this.#list = statement<[owner: UserId, after: string, limit: number], Row>(
      db,
      `SELECT id, name, created_at, expires_at, used_at, revoked_at, device_id
       FROM pairing_tokens WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?`,
    );
    this.#revoke = statement<[at: number, owner: UserId, id: PairingTokenId, now: number]>(
      db,
      `UPDATE pairing_tokens SET revoked_at = ? WHERE user_id = ? AND id = ? AND ${USABLE}`,
    );
    this.#find = statement<
      [hash: TokenHash, now: number],
      { id: PairingTokenId; user_id: UserId; name: string | null }
    >(db, `SELECT id, user_id, name FROM pairing_tokens WHERE token_hash = ? AND ${USABLE}`);
    this.#use = statement<[at: number, device: DeviceId, owner: UserId, id: PairingTokenId, now: number]>(
      db,
      `UPDATE pairing_tokens SET used_at = ?, device_id = ? WHERE user_id = ? AND id = ? AND ${USABLE}`,
    );
  }

  /** Voids the older one that was not used. */
  add(owner: UserId, { hash, name, expiresAt }: NewPairingToken, now: number): PairingTokenId {
    this.#void.run(now, owner, now);
    const id = this.#ids.next() as PairingTokenId;
    this.#insert.run(id, owner, hash, name ?? null, now, expiresAt);
    this.#forget.run(owner, owner, KEPT_OF_USER);
    return id;
  }

  list(
    owner: UserId,
    { limit, after = '' as PairingTokenId }: PageRequest<PairingTokenId>,
    now: number,
  ): Page<PairingToken, PairingTokenId> {
    const rows = this.#list.all(owner, after, limit + 1);
    const items = rows.slice(0, limit).map((row) => pairingToken(row, now));
    const last = items.at(-1);
    return rows.length > limit && last !== undefined ? { items, next: last.tokenId } : { items };
  }

  revoke(owner: UserId, id: PairingTokenId, now: number): boolean {
    return this.#revoke.run(now, owner, id, now) === 1;
  }

  find(hash: TokenHash, now: number): PairingOffer | undefined {
    const row = this.#find.get(hash, now);
    return row && { tokenId: row.id, owner: row.user_id, ...(row.name !== null && { name: row.name }) };
  }

  /** The compare-and-set. False: it was used, revoked or expired before. */
  use(owner: UserId, id: PairingTokenId, device: DeviceId, now: number): boolean {
    return this.#use.run(now, device, owner, id, now) === 1;
  }
}

function pairingToken(row: Row, now: number): PairingToken {
  return {
    tokenId: row.id,
    ...(row.name !== null && { name: row.name }),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    state: stateOf(row, now),
    ...(row.device_id !== null && { deviceId: row.device_id }),
  };
}

function stateOf(row: Row, now: number): PairingTokenState {
  if (row.used_at !== null) return 'used';
  if (row.revoked_at !== null) return 'revoked';
  return row.expires_at > now ? 'pending' : 'expired';
}
