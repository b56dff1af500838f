// CredentialTable holds the credentials of devices, and the SQL conditions by which one is good.
import { all, one, run, type Transaction } from '../engine/engine.js';
import type { SpentCredential } from '../ports/admission.js';
import type { CredentialId, DeviceId, IdSource, TokenHash, UserId } from '../ports/ids.js';
import type { PendingRow } from './pending-devices.js';

/**
 * How long the older credential may be used after a rotation, while the new one is unused, in ms: as long as it takes to notice
 * that the answer with the new one never came, and to bring it to a device that is far away.
 */
export const SUPERSEDED_MS = 7 * 86_400_000;

/** The SQL condition that a credential `c` is good at a time; its parameters are {@link activeAt}. */
export const ACTIVE = `c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > ?)
  AND (c.superseded_at IS NULL OR c.superseded_at > ?)`;

/** The parameters of {@link ACTIVE}. */
export function activeAt(now: number): [number, number] {
  return [now, now - SUPERSEDED_MS];
}

/**
 * The SQL condition of credentials that are not revoked though their time beside a newer one is over; an index has the same
 * condition.
 */
const SUPERSEDED = 'superseded_at <= ? AND revoked_at IS NULL';

/** A credential whose time beside a newer one was over. */
interface SupersededCredential {
  readonly id: CredentialId;
  readonly owner: UserId;
  readonly device: DeviceId;
}

const INSERT = `INSERT INTO device_credentials (id, user_id, device_id, token_hash, created_at, expires_at)
  VALUES (?, ?, ?, ?, ?, ?)`;

/** How many credentials one query asks about: its text is a constant, so the number is fixed. */
const ACTIVE_AT_ONCE = 50;

/** How many credentials of one device are kept, good or not; good ones are always kept. */
const KEPT_OF_DEVICE = 20;

/** The most credentials with their time over that one transaction revokes: each of them costs a change. */
const ENDED_AT_ONCE = 50;

/** The most rows that one transaction deletes: all other writes wait meanwhile. */
const PRUNED_AT_ONCE = 200;

/** The table of credentials. A row is a credential of a device: the hash of its session token, and its state. */
export class CredentialTable {
  readonly #ids: IdSource;

  constructor(ids: IdSource) {
    this.#ids = ids;
  }

  *add(
    owner: UserId,
    device: DeviceId,
    hash: TokenHash,
    now: number,
    expiresAt: number | undefined,
  ): Transaction<void> {
    yield* run(INSERT, this.#ids.next(), owner, device, hash, now, expiresAt ?? null);
  }

  /** Adds the credential of a completed pairing, which has its id already and does not expire. */
  *addPaired(owner: UserId, { credentialId, deviceId, hash }: PendingRow, now: number): Transaction<void> {
    yield* run(INSERT, credentialId, owner, deviceId, hash, now, null);
  }

  /** The good credential with this hash. `retires`: an older one is good until this one is used. */
  *find(hash: TokenHash, now: number): Transaction<{ id: CredentialId; retires: boolean } | undefined> {
    const row = yield* one<{ id: CredentialId; retires: number }>(
      `SELECT c.id, CASE WHEN c.superseded_at IS NULL AND EXISTS
           (SELECT 1 FROM device_credentials o WHERE o.user_id = c.user_id AND o.device_id = c.device_id
              AND o.revoked_at IS NULL AND o.superseded_at IS NOT NULL)
         THEN 1 ELSE 0 END AS retires
       FROM device_credentials c WHERE c.token_hash = ? AND ${ACTIVE}`,
      hash,
      ...activeAt(now),
    );
    return row && { id: row.id, retires: row.retires === 1 };
  }

  /**
   * The owners of these hashes, in their order; undefined: the credential is good and its device is not revoked, or there is
   * none.
   */
  *spent(hashes: readonly TokenHash[], now: number): Transaction<(SpentCredential | undefined)[]> {
    const found = new Map<TokenHash, SpentCredential>();
    for (let at = 0; at < hashes.length; at += ACTIVE_AT_ONCE) {
      const padded = Array.from({ length: ACTIVE_AT_ONCE }, (_, i) => hashes[at + i] ?? null);
      const rows = yield* all<{ token_hash: TokenHash; user_id: UserId; device_id: DeviceId }>(
        `SELECT c.token_hash, c.user_id, c.device_id
         FROM device_credentials c JOIN devices d ON d.user_id = c.user_id AND d.id = c.device_id
         WHERE NOT (${ACTIVE} AND d.revoked_at IS NULL)
           AND c.token_hash IN (${padded.map(() => '?').join(', ')})`,
        ...activeAt(now),
        ...padded,
      );
      for (const row of rows) found.set(row.token_hash, { owner: row.user_id, deviceId: row.device_id });
    }
    return hashes.map((hash) => found.get(hash));
  }

  /** Those of these credentials that are good and whose devices are not revoked. */
  *active(ids: readonly CredentialId[], now: number): Transaction<CredentialId[]> {
    const found = new Set<CredentialId>();
    for (let at = 0; at < ids.length; at += ACTIVE_AT_ONCE) {
      const padded = Array.from({ length: ACTIVE_AT_ONCE }, (_, i) => ids[at + i] ?? null);
      const rows = yield* all<{ id: CredentialId }>(
        `SELECT c.id FROM device_credentials c JOIN devices d ON d.id = c.device_id
         WHERE ${ACTIVE} AND d.revoked_at IS NULL AND c.id IN (${padded.map(() => '?').join(', ')})`,
        ...activeAt(now),
        ...padded,
      );
      for (const { id } of rows) found.add(id);
    }
    return ids.filter((id) => found.has(id));
  }

  /** The device of a credential. */
  *deviceOf(owner: UserId, id: CredentialId): Transaction<DeviceId | undefined> {
    const row = yield* one<{ device_id: DeviceId }>(
      'SELECT device_id FROM device_credentials WHERE user_id = ? AND id = ?',
      owner,
      id,
    );
    return row?.device_id;
  }

  /** Revokes a credential. False: the credential is not this user's, or was revoked before. */
  *revoke(owner: UserId, id: CredentialId, now: number): Transaction<boolean> {
    const revoked = yield* run(
      'UPDATE device_credentials SET revoked_at = ? WHERE user_id = ? AND id = ? AND revoked_at IS NULL',
      now,
      owner,
      id,
    );
    return revoked === 1;
  }

  *revokeAll(owner: UserId, device: DeviceId, now: number): Transaction<void> {
    yield* run(
      'UPDATE device_credentials SET revoked_at = ? WHERE user_id = ? AND device_id = ? AND revoked_at IS NULL',
      now,
      owner,
      device,
    );
  }

  /**
   * Makes room for a new credential of a device that the caller has locked: the credential that the device uses lives on beside
   * the new one. Where there are two already, the newer one was never used (it may have been lost on its way) and is revoked.
   * @returns the credentials that this revoked
   */
  *supersede(owner: UserId, device: DeviceId, now: number): Transaction<CredentialId[]> {
    const older = yield* one(
      `SELECT c.id FROM device_credentials c
       WHERE c.user_id = ? AND c.device_id = ? AND c.superseded_at IS NOT NULL AND ${ACTIVE}`,
      owner,
      device,
      ...activeAt(now),
    );
    const revoked =
      older === undefined
        ? yield* this.retire(owner, device, now)
        : yield* this.#revoke(owner, device, 'superseded_at IS NULL', now);
    yield* run(
      'UPDATE device_credentials SET superseded_at = ? WHERE user_id = ? AND device_id = ? AND revoked_at IS NULL',
      now,
      owner,
      device,
    );
    return revoked;
  }

  /**
   * Revokes the credentials that live on beside the newest one of a device that the caller has locked.
   * @returns the revoked ones
   */
  *retire(owner: UserId, device: DeviceId, now: number): Transaction<CredentialId[]> {
    return yield* this.#revoke(owner, device, 'superseded_at IS NOT NULL', now);
  }

  /** Whether there are credentials for `endSuperseded` to revoke. */
  *anySuperseded(now: number): Transaction<boolean> {
    const row = yield* one(
      `SELECT id FROM device_credentials WHERE ${SUPERSEDED} LIMIT 1`,
      now - SUPERSEDED_MS,
    );
    return row !== undefined;
  }

  /** Revokes some credentials whose time beside a newer one is over. @returns the revoked ones */
  *endSuperseded(now: number): Transaction<SupersededCredential[]> {
    const rows = yield* all<{ id: CredentialId; user_id: UserId; device_id: DeviceId }>(
      `UPDATE device_credentials SET revoked_at = ?
       WHERE revoked_at IS NULL AND id IN
         (SELECT id FROM device_credentials WHERE ${SUPERSEDED} ORDER BY superseded_at LIMIT ?)
       RETURNING id, user_id, device_id`,
      now,
      now - SUPERSEDED_MS,
      ENDED_AT_ONCE,
    );
    return rows.map(({ id, user_id: owner, device_id: device }) => ({ id, owner, device }));
  }

  *#revoke(
    owner: UserId,
    device: DeviceId,
    which: 'superseded_at IS NULL' | 'superseded_at IS NOT NULL',
    now: number,
  ): Transaction<CredentialId[]> {
    const rows = yield* all<{ id: CredentialId }>(
      `UPDATE device_credentials SET revoked_at = ?
       WHERE user_id = ? AND device_id = ? AND revoked_at IS NULL AND ${which} RETURNING id`,
      now,
      owner,
      device,
    );
    return rows.map(({ id }) => id);
  }

  /** Deletes the revoked credentials of a device, except the newest rows. */
  *forgetRevoked(owner: UserId, device: DeviceId): Transaction<void> {
    yield* run(
      `DELETE FROM device_credentials WHERE user_id = ? AND device_id = ? AND revoked_at IS NOT NULL AND id NOT IN
         (SELECT id FROM device_credentials WHERE user_id = ? AND device_id = ? ORDER BY id DESC LIMIT ?)`,
      owner,
      device,
      owner,
      device,
      KEPT_OF_DEVICE,
    );
  }

  /** Whether there are credentials for `prune` to delete. */
  *anyRevoked(until: number): Transaction<boolean> {
    const row = yield* one('SELECT id FROM device_credentials WHERE revoked_at <= ? LIMIT 1', until);
    return row !== undefined;
  }

  /** Deletes some credentials that were revoked at this time or before. */
  *prune(until: number): Transaction<void> {
    yield* run(
      `DELETE FROM device_credentials WHERE id IN
         (SELECT id FROM device_credentials WHERE revoked_at <= ? ORDER BY revoked_at LIMIT ?)`,
      until,
      PRUNED_AT_ONCE,
    );
  }

  /** Deletes all credentials of a device. */
  *dropAll(owner: UserId, device: DeviceId): Transaction<void> {
    yield* run('DELETE FROM device_credentials WHERE user_id = ? AND device_id = ?', owner, device);
  }
}
