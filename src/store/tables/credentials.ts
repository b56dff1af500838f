import { all, one, run, type Transaction } from '../engine/engine.js';
import type { SpentCredential } from '../ports/admission.js';
import type { CredentialId, DeviceId, IdSource, TokenHash, UserId } from '../ports/ids.js';
import type { PendingRow } from './pending-devices.js';

/**
 * How long a credential may be used after a rotation made another, which nobody used yet, in ms: as long as it takes to notice
 * that the answer with the new one never came, and to bring it to a device that is far away.
 */
export const SUPERSEDED_MS = 7 * 86_400_000;

/** That a credential `c` is good at a time; with {@link activeAt} as its parameters. */
export const ACTIVE = `c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > ?)
  AND (c.superseded_at IS NULL OR c.superseded_at > ?)`;

/** The parameters of {@link ACTIVE}. */
export function activeAt(now: number): [number, number] {
  return [now, now - SUPERSEDED_MS];
}

/** That nobody has revoked one that was superseded at a time or before. As the index has it. */
const SUPERSEDED = 'superseded_at <= ? AND revoked_at IS NULL';

/** One whose time beside a newer one was over. */
interface SupersededCredential {
  readonly id: CredentialId;
  readonly owner: UserId;
  readonly device: DeviceId;
}

const INSERT = `INSERT INTO device_credentials (id, user_id, device_id, token_hash, created_at, expires_at)
  VALUES (?, ?, ?, ?, ?, ?)`;

/** Credentials in one question of `active`: its text is a constant, whatever their number. */
const ACTIVE_AT_ONCE = 50;

/** Credentials of one device that are kept, whatever became of them; those that are good always are. */
const KEPT_OF_DEVICE = 20;

/** Rows whose time beside a newer one is over and that are revoked at once: each is told, one after the other. */
const ENDED_AT_ONCE = 50;

/** Rows that were revoked long ago and are deleted at once: bounded, as all else waits meanwhile. */
const PRUNED_AT_ONCE = 200;

/** The rows of device credentials. */
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

  /** Adds one that has its id. It does not expire. */
  *addPaired(owner: UserId, { credentialId, deviceId, hash }: PendingRow, now: number): Transaction<void> {
    yield* run(INSERT, credentialId, owner, deviceId, hash, now, null);
  }

  /** The one with this hash, if it is good. `retires`: it is newer than another that lives on until this one is used. */
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

  /** Those with these hashes that are good no more, or whose device is revoked. */
  *spent(hashes: readonly TokenHash[], now: number): Transaction<(SpentCredential | undefined)[]> {
    const found = new Map<TokenHash, SpentCredential>();
    for (let at = 0; at < hashes.length; at += ACTIVE_AT_ONCE) {
      const asked = Array.from({ length: ACTIVE_AT_ONCE }, (_, i) => hashes[at + i] ?? null);
      const rows = yield* all<{ token_hash: TokenHash; user_id: UserId; device_id: DeviceId }>(
        `SELECT c.token_hash, c.user_id, c.device_id
         FROM device_credentials c JOIN devices d ON d.user_id = c.user_id AND d.id = c.device_id
         WHERE NOT (${ACTIVE} AND d.revoked_at IS NULL)
           AND c.token_hash IN (${asked.map(() => '?').join(', ')})`,
        ...activeAt(now),
        ...asked,
      );
      for (const row of rows) found.set(row.token_hash, { owner: row.user_id, deviceId: row.device_id });
    }
    return hashes.map((hash) => found.get(hash));
  }

  /** Those of them that are good, of devices that are not revoked. */
  *active(ids: readonly CredentialId[], now: number): Transaction<CredentialId[]> {
    const found = new Set<CredentialId>();
    for (let at = 0; at < ids.length; at += ACTIVE_AT_ONCE) {
      const asked = Array.from({ length: ACTIVE_AT_ONCE }, (_, i) => ids[at + i] ?? null);
      const rows = yield* all<{ id: CredentialId }>(
        `SELECT c.id FROM device_credentials c JOIN devices d ON d.id = c.device_id
         WHERE ${ACTIVE} AND d.revoked_at IS NULL AND c.id IN (${asked.map(() => '?').join(', ')})`,
        ...activeAt(now),
        ...asked,
      );
      for (const { id } of rows) found.add(id);
    }
    return ids.filter((id) => found.has(id));
  }

  /** The device that it is of. */
  *deviceOf(owner: UserId, id: CredentialId): Transaction<DeviceId | undefined> {
    const row = yield* one<{ device_id: DeviceId }>(
      'SELECT device_id FROM device_credentials WHERE user_id = ? AND id = ?',
      owner,
      id,
    );
    return row?.device_id;
  }

  /** False: not this user's, or revoked before. */
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
   * Makes room for a new credential, of a device that is locked: the one that the device has been using lives on beside it.
   * Of two, the newer one was never used: nobody may have it, so it goes.
   * @returns those that are revoked by this
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

  /** Revokes what lived on beside the newest credential of a device that is locked. @returns which */
  *retire(owner: UserId, device: DeviceId, now: number): Transaction<CredentialId[]> {
    return yield* this.#revoke(owner, device, 'superseded_at IS NOT NULL', now);
  }

  /** Whether there are some whose time beside a newer one is over. */
  *anySuperseded(now: number): Transaction<boolean> {
    const row = yield* one(
      `SELECT id FROM device_credentials WHERE ${SUPERSEDED} LIMIT 1`,
      now - SUPERSEDED_MS,
    );
    return row !== undefined;
  }

  /** Revokes some of those whose time beside a newer one is over. @returns which */
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

  /** Forgets what was revoked of a device, but for the newest. */
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

  /** Whether there are some that were revoked at this time or before. */
  *anyRevoked(until: number): Transaction<boolean> {
    const row = yield* one('SELECT id FROM device_credentials WHERE revoked_at <= ? LIMIT 1', until);
    return row !== undefined;
  }

  /** Deletes some of those that were revoked at this time or before. */
  *prune(until: number): Transaction<void> {
    yield* run(
      `DELETE FROM device_credentials WHERE id IN
         (SELECT id FROM device_credentials WHERE revoked_at <= ? ORDER BY revoked_at LIMIT ?)`,
      until,
      PRUNED_AT_ONCE,
    );
  }

  /** Deletes those of a device. */
  *dropAll(owner: UserId, device: DeviceId): Transaction<void> {
    yield* run('DELETE FROM device_credentials WHERE user_id = ? AND device_id = ?', owner, device);
  }
}
