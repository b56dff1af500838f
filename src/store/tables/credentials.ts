import type { CredentialId, DeviceId, IdSource, TokenHash, UserId } from '../ids.js';
import { all, one, run, type Work } from '../query.js';
import type { PendingRow } from './pending-devices.js';

/** That a credential `c` is good at the time of the parameter. */
export const ACTIVE = 'c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > ?)';

const INSERT = `INSERT INTO device_credentials (id, user_id, device_id, token_hash, created_at, expires_at)
  VALUES (?, ?, ?, ?, ?, ?)`;

/** Credentials in one question of `active`: its text is a constant, whatever their number. */
const ACTIVE_AT_ONCE = 50;

/** The rows of device credentials. */
export class Credentials {
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
  ): Work<void> {
    yield* run(INSERT, this.#ids.next(), owner, device, hash, now, expiresAt ?? null);
  }

  /** Adds one that has its id. It does not expire. */
  *addPaired(owner: UserId, { credentialId, deviceId, hash }: PendingRow, now: number): Work<void> {
    yield* run(INSERT, credentialId, owner, deviceId, hash, now, null);
  }

  /** The one with this hash, if it is good. */
  *find(hash: TokenHash, now: number): Work<CredentialId | undefined> {
    const row = yield* one<{ id: CredentialId }>(
      `SELECT c.id FROM device_credentials c WHERE c.token_hash = ? AND ${ACTIVE}`,
      hash,
      now,
    );
    return row?.id;
  }

  /** Those of them that are good, of devices that are not revoked. */
  *active(ids: readonly CredentialId[], now: number): Work<CredentialId[]> {
    const found = new Set<CredentialId>();
    for (let at = 0; at < ids.length; at += ACTIVE_AT_ONCE) {
      const asked = Array.from({ length: ACTIVE_AT_ONCE }, (_, i) => ids[at + i] ?? null);
      const rows = yield* all<{ id: CredentialId }>(
        `SELECT c.id FROM device_credentials c JOIN devices d ON d.id = c.device_id
         WHERE ${ACTIVE} AND d.revoked_at IS NULL AND c.id IN (${asked.map(() => '?').join(', ')})`,
        now,
        ...asked,
      );
      for (const { id } of rows) found.add(id);
    }
    return ids.filter((id) => found.has(id));
  }

  /** The device that it is of. */
  *deviceOf(owner: UserId, id: CredentialId): Work<DeviceId | undefined> {
    const row = yield* one<{ device_id: DeviceId }>(
      'SELECT device_id FROM device_credentials WHERE user_id = ? AND id = ?',
      owner,
      id,
    );
    return row?.device_id;
  }

  /** False: not this user's, or revoked before. */
  *revoke(owner: UserId, id: CredentialId, now: number): Work<boolean> {
    const revoked = yield* run(
      'UPDATE device_credentials SET revoked_at = ? WHERE user_id = ? AND id = ? AND revoked_at IS NULL',
      now,
      owner,
      id,
    );
    return revoked === 1;
  }

  /** @returns those that were not revoked before */
  *revokeAll(owner: UserId, device: DeviceId, now: number): Work<CredentialId[]> {
    const rows = yield* all<{ id: CredentialId }>(
      `UPDATE device_credentials SET revoked_at = ?
       WHERE user_id = ? AND device_id = ? AND revoked_at IS NULL RETURNING id`,
      now,
      owner,
      device,
    );
    return rows.map(({ id }) => id);
  }
}
