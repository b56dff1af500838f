import { StoreError } from '../errors.js';
import type { DeviceId, IdSource, PairingTokenId, TokenHash, UserId } from '../ids.js';
import { pageOf } from '../page.js';
import type { NewPairingToken, PairingOffer, PairingToken, PairingTokenState } from '../ports/pairing.js';
import type { Page, PageRequest } from '../ports.js';
import { all, one, run, type Work } from '../query.js';

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

  constructor(ids: IdSource) {
    this.#ids = ids;
  }

  /** Voids the older one that was not used. */
  *add(owner: UserId, token: NewPairingToken, now: number): Work<PairingTokenId> {
    const { hash, name = null, expiresAt } = token;
    yield* run(`UPDATE pairing_tokens SET revoked_at = ? WHERE user_id = ? AND ${USABLE}`, now, owner, now);
    const id = this.#ids.next() as PairingTokenId;
    yield* run(
      `INSERT INTO pairing_tokens (id, user_id, token_hash, name, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      id,
      owner,
      hash,
      name,
      now,
      expiresAt,
    );
    yield* run(
      `DELETE FROM pairing_tokens
       WHERE user_id = ? AND id NOT IN
         (SELECT id FROM pairing_tokens WHERE user_id = ? ORDER BY id DESC LIMIT ?)`,
      owner,
      owner,
      KEPT_OF_USER,
    );
    return id;
  }

  *list(
    owner: UserId,
    { limit, after = '' as PairingTokenId }: PageRequest<PairingTokenId>,
    now: number,
  ): Work<Page<PairingToken, PairingTokenId>> {
    const rows = yield* all<Row>(
      `SELECT id, name, created_at, expires_at, used_at, revoked_at, device_id
       FROM pairing_tokens WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?`,
      owner,
      after,
      limit + 1,
    );
    return pageOf(rows, limit, (row) => pairingToken(row, now));
  }

  *revoke(owner: UserId, id: PairingTokenId, now: number): Work<boolean> {
    const revoked = yield* run(
      `UPDATE pairing_tokens SET revoked_at = ? WHERE user_id = ? AND id = ? AND ${USABLE}`,
      now,
      owner,
      id,
      now,
    );
    return revoked === 1;
  }

  *find(hash: TokenHash, now: number): Work<PairingOffer | undefined> {
    const row = yield* one<{ id: PairingTokenId; user_id: UserId; name: string | null }>(
      `SELECT id, user_id, name FROM pairing_tokens WHERE token_hash = ? AND ${USABLE}`,
      hash,
      now,
    );
    return row && { tokenId: row.id, owner: row.user_id, ...(row.name !== null && { name: row.name }) };
  }

  /** Whether it may be used; if so, nobody else may until the transaction is over. */
  *lock(owner: UserId, id: PairingTokenId, now: number): Work<boolean> {
    const locked = yield* run(
      `UPDATE pairing_tokens SET expires_at = expires_at WHERE user_id = ? AND id = ? AND ${USABLE}`,
      owner,
      id,
      now,
    );
    return locked === 1;
  }

  /** Marks one that is locked as used. @throws StoreError, and with it the transaction fails, if it could not be marked */
  *use(owner: UserId, id: PairingTokenId, device: DeviceId, now: number): Work<void> {
    const used = yield* run(
      'UPDATE pairing_tokens SET used_at = ?, device_id = ? WHERE user_id = ? AND id = ?',
      now,
      device,
      owner,
      id,
    );
    if (used !== 1)
      throw new StoreError('ERR_STORE_CONFLICT', 'the pairing token could not be marked as used');
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
