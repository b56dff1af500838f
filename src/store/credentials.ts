import type { CredentialId, DeviceId, Epoch, IdSource, TokenHash, UserId } from './ids.js';
import type { PendingRow } from './pending-devices.js';
import type { Admission } from './ports.js';
import type { Database } from './sqlite.js';
import { statement } from './statement.js';

interface AdmissionRow {
  id: DeviceId;
  user_id: UserId;
  epoch: Epoch;
  credential_id: CredentialId;
}

const ACTIVE = 'c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > ?)';

/** The rows of device credentials. */
export class Credentials {
  readonly #ids: IdSource;
  readonly #insert;
  readonly #admit;
  readonly #isActive;
  readonly #revoke;
  readonly #revokeAll;

  constructor(db: Database, ids: IdSource) {
    this.#ids = ids;
    this.#insert = statement<
      [id: string, user: string, device: string, hash: string, createdAt: number, expiresAt: number | null]
    >(
      db,
      `INSERT INTO device_credentials (id, user_id, device_id, token_hash, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#admit = statement<[now: number, hash: string, now: number, hash: string], AdmissionRow>(
      db,
      `UPDATE devices SET epoch = epoch + 1, last_connected_at = ?
       WHERE revoked_at IS NULL
         AND id = (SELECT c.device_id FROM device_credentials c WHERE c.token_hash = ? AND ${ACTIVE})
       RETURNING id, user_id, epoch,
         (SELECT c.id FROM device_credentials c WHERE c.token_hash = ?) AS credential_id`,
    );
    this.#isActive = statement<[id: string, now: number], { id: CredentialId }>(
      db,
      `SELECT c.id FROM device_credentials c JOIN devices d ON d.id = c.device_id
       WHERE c.id = ? AND ${ACTIVE} AND d.revoked_at IS NULL`,
    );
    this.#revoke = statement<[at: number, user: UserId, id: CredentialId], { device_id: DeviceId }>(
      db,
      `UPDATE device_credentials SET revoked_at = ?
       WHERE user_id = ? AND id = ? AND revoked_at IS NULL RETURNING device_id`,
    );
    this.#revokeAll = statement<[at: number, user: string, device: string], { id: CredentialId }>(
      db,
      `UPDATE device_credentials SET revoked_at = ?
       WHERE user_id = ? AND device_id = ? AND revoked_at IS NULL RETURNING id`,
    );
  }

  add(owner: UserId, device: DeviceId, hash: TokenHash, now: number, expiresAt: number | undefined): void {
    this.#insert.run(this.#ids.next(), owner, device, hash, now, expiresAt ?? null);
  }

  /** Adds one that has its id. It does not expire. */
  addPaired(owner: UserId, { credentialId, deviceId, hash }: PendingRow, now: number): void {
    this.#insert.run(credentialId, owner, deviceId, hash, now, null);
  }

  /** Authenticates and counts the epoch in one statement: nothing can come between the two. */
  admit(hash: TokenHash, now: number): Admission | undefined {
    const row = this.#admit.get(now, hash, now, hash);
    if (row === undefined) return undefined;
    return { deviceId: row.id, userId: row.user_id, credentialId: row.credential_id, epoch: row.epoch };
  }

  isActive(id: CredentialId, now: number): boolean {
    return this.#isActive.get(id, now) !== undefined;
  }

  /** The device that it was of. Undefined: not this user's, or revoked before. */
  revoke(owner: UserId, id: CredentialId, now: number): DeviceId | undefined {
    return this.#revoke.get(now, owner, id)?.device_id;
  }

  /** @returns those that were not revoked before */
  revokeAll(owner: UserId, device: DeviceId, now: number): CredentialId[] {
    return this.#revokeAll.all(now, owner, device).map(({ id }) => id);
  }
}
