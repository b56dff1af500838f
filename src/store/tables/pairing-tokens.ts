// PairingTokenTable holds the pairing tokens.
import { MAX_NAME, truncate } from '../../text/characters.js';
import { all, one, run, type Transaction } from '../engine/engine.js';
import { StoreError } from '../ports/errors.js';
import type { DeviceId, IdSource, PairingTokenId, TokenHash, UserId } from '../ports/ids.js';
import type { ListPage, PageRequest } from '../ports/page.js';
import { listPage } from '../ports/page.js';
import type { NewPairingToken, PairingOffer, PairingToken, PairingTokenState } from '../ports/pairing.js';

/** How many tokens of one user are kept: the newest ones, and always those that may be used. */
const KEPT_OF_USER = 100;

interface Row {
  id: PairingTokenId;
  name: string | null;
  created_at: number;
  expires_at: number;
  uses: number;
  used: number;
  used_at: number | null;
  revoked_at: number | null;
  device_id: DeviceId | null;
}

/** The SQL condition of a token that may be used; its parameter is the time. `used_at` is the time of a token's last use. */
const USABLE = 'used_at IS NULL AND revoked_at IS NULL AND expires_at > ?';

/** One use of a token, with the name that the token gives the device, if it gives one. */
export interface PairingUse {
  readonly name?: string;
  /** The token has no use left after this one. */
  readonly last: boolean;
}

/** The table of pairing tokens. A row is a token. */
export class PairingTokenTable {
  readonly #ids: IdSource;

  constructor(ids: IdSource) {
    this.#ids = ids;
  }

  /** The number of a user's tokens that may be used. */
  *live(owner: UserId, now: number): Transaction<number> {
    const row = yield* one<{ count: number }>(
      `SELECT count(*) AS count FROM pairing_tokens WHERE user_id = ? AND ${USABLE}`,
      owner,
      now,
    );
    return row?.count ?? 0;
  }

  *add(owner: UserId, token: NewPairingToken, now: number): Transaction<PairingTokenId> {
    const { hash, name = null, uses = 1, expiresAt } = token;
    const id = this.#ids.next() as PairingTokenId;
    yield* run(
      `INSERT INTO pairing_tokens (id, user_id, token_hash, name, uses, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      id,
      owner,
      hash,
      name,
      uses,
      now,
      expiresAt,
    );
    yield* run(
      `DELETE FROM pairing_tokens
       WHERE user_id = ? AND NOT (${USABLE}) AND id NOT IN
         (SELECT id FROM pairing_tokens WHERE user_id = ? ORDER BY id DESC LIMIT ?)`,
      owner,
      now,
      owner,
      KEPT_OF_USER,
    );
    return id;
  }

  *list(
    owner: UserId,
    { limit, after = '' as PairingTokenId }: PageRequest<PairingTokenId>,
    now: number,
  ): Transaction<ListPage<PairingToken, PairingTokenId>> {
    const rows = yield* all<Row>(
      `SELECT id, name, uses, used, created_at, expires_at, used_at, revoked_at, device_id
       FROM pairing_tokens WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?`,
      owner,
      after,
      limit + 1,
    );
    return listPage(rows, limit, (row) => pairingToken(row, now));
  }

  *revoke(owner: UserId, id: PairingTokenId, now: number): Transaction<boolean> {
    const revoked = yield* run(
      `UPDATE pairing_tokens SET revoked_at = ? WHERE user_id = ? AND id = ? AND ${USABLE}`,
      now,
      owner,
      id,
      now,
    );
    return revoked === 1;
  }

  *find(hash: TokenHash, now: number): Transaction<PairingOffer | undefined> {
    const row = yield* one<{ id: PairingTokenId; user_id: UserId }>(
      `SELECT id, user_id FROM pairing_tokens WHERE token_hash = ? AND ${USABLE}`,
      hash,
      now,
    );
    return row && { tokenId: row.id, owner: row.user_id };
  }

  /** The token with this hash, if it may not be used any more. */
  *findSpent(hash: TokenHash, now: number): Transaction<PairingOffer | undefined> {
    const row = yield* one<{ id: PairingTokenId; user_id: UserId }>(
      `SELECT id, user_id FROM pairing_tokens WHERE token_hash = ? AND NOT (${USABLE})`,
      hash,
      now,
    );
    return row && { tokenId: row.id, owner: row.user_id };
  }

  /**
   * Keeps others from using a token until the transaction is over, and answers its next use. Undefined: the token may not be
   * used.
   */
  *lock(owner: UserId, id: PairingTokenId, now: number): Transaction<PairingUse | undefined> {
    const row = yield* one<Pick<Row, 'name' | 'uses' | 'used'>>(
      `UPDATE pairing_tokens SET expires_at = expires_at WHERE user_id = ? AND id = ? AND ${USABLE}
       RETURNING name, uses, used`,
      owner,
      id,
      now,
    );
    if (row === undefined) return undefined;
    const { name, uses, used } = row;
    const last = used + 1 >= uses;
    if (name === null) return { last };
    return { last, name: uses === 1 ? name : numbered(name, used + 1) };
  }

  /** Counts a use of a token that is locked. @throws StoreError, which undoes the transaction, if the row is not there */
  *use(owner: UserId, id: PairingTokenId, device: DeviceId, usedUpAt: number | undefined): Transaction<void> {
    const used = yield* run(
      'UPDATE pairing_tokens SET used = used + 1, used_at = ?, device_id = ? WHERE user_id = ? AND id = ?',
      usedUpAt ?? null,
      device,
      owner,
      id,
    );
    if (used !== 1)
      throw new StoreError('ERR_STORE_CONFLICT', 'the pairing token could not be marked as used');
  }
}

/** The name of one of several devices, cut so that it is no longer, with its number, than any name may be. */
function numbered(name: string, number: number): string {
  const suffix = ` ${number}`;
  return truncate(name, MAX_NAME - suffix.length) + suffix;
}

function pairingToken(row: Row, now: number): PairingToken {
  return {
    tokenId: row.id,
    ...(row.name !== null && { name: row.name }),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    state: stateOf(row, now),
    uses: row.uses,
    used: row.used,
    ...(row.device_id !== null && { deviceId: row.device_id }),
  };
}

function stateOf(row: Row, now: number): PairingTokenState {
  if (row.used_at !== null) return 'used';
  if (row.revoked_at !== null) return 'revoked';
  return row.expires_at > now ? 'pending' : 'expired';
}
