// DeviceTable holds the devices.
import { all, one, run, type Transaction } from '../engine/engine.js';
import type { Admission } from '../ports/admission.js';
import type { Device, DeviceUpdate, OwnedBy, OwnedDevice } from '../ports/devices.js';
import type { DeviceId, Epoch, IdSource, TokenHash, UserId } from '../ports/ids.js';
import type { ListPage, PageRequest } from '../ports/page.js';
import { listPage } from '../ports/page.js';
import { ACTIVE, activeAt } from './credentials.js';
import type { PendingRow } from './pending-devices.js';

interface DeviceRow {
  id: DeviceId;
  user_id: UserId;
  name: string;
  model: string | null;
  serial: string | null;
  labels: string;
  created_at: number;
  last_connected_at: number | null;
  revoked_at: number | null;
}

const COLUMNS =
  'd.id, d.user_id, d.name, d.model, d.serial, d.labels, d.created_at, d.last_connected_at, d.revoked_at';

const INSERT = 'INSERT INTO devices (id, user_id, name, model, serial, created_at) VALUES (?, ?, ?, ?, ?, ?)';

/** The most devices that a user may pair. The operator may add more. */
export const DEVICES_OF_USER = 10_000;

/** The table of devices. A row is a device, with the epoch of its newest connection. */
export class DeviceTable {
  readonly #ids: IdSource;

  constructor(ids: IdSource) {
    this.#ids = ids;
  }

  *add(owner: UserId, name: string, now: number): Transaction<DeviceId> {
    const id = this.#ids.next() as DeviceId;
    yield* run(INSERT, id, owner, name, null, null, now);
    return id;
  }

  /** Adds the device of a completed pairing, which has its id already. */
  *addPaired(owner: UserId, device: PendingRow, now: number): Transaction<void> {
    const { deviceId, name, model = null, serial = null } = device;
    yield* run(INSERT, deviceId, owner, name, model, serial, now);
  }

  /** The devices of a user, without revoked ones. */
  *list(owner: UserId, { limit, after = '' as DeviceId }: PageRequest): Transaction<ListPage<Device>> {
    const rows = yield* all<DeviceRow>(
      `SELECT ${COLUMNS} FROM devices d
       WHERE d.user_id = ? AND d.revoked_at IS NULL AND d.id > ? ORDER BY d.id LIMIT ?`,
      owner,
      after,
      limit + 1,
    );
    return listPage(rows, limit, device);
  }

  *find(owner: UserId, id: DeviceId): Transaction<Device | undefined> {
    const row = yield* one<DeviceRow>(
      `SELECT ${COLUMNS} FROM devices d WHERE d.user_id = ? AND d.id = ?`,
      owner,
      id,
    );
    return row && device(row);
  }

  *listAll(
    { limit, after = '' as DeviceId }: PageRequest,
    { subject, revoked = false }: OwnedBy,
  ): Transaction<ListPage<OwnedDevice>> {
    const rows = yield* all<DeviceRow & { issuer: string; subject: string }>(
      `SELECT ${COLUMNS}, u.issuer, u.subject FROM devices d JOIN users u ON u.id = d.user_id
       WHERE d.id > ? ${subject === undefined ? '' : 'AND u.subject = ?'}
         ${revoked ? '' : 'AND d.revoked_at IS NULL'} ORDER BY d.id LIMIT ?`,
      after,
      ...(subject === undefined ? [] : [subject]),
      limit + 1,
    );
    return listPage(rows, limit, (row) => ({
      ...device(row),
      owner: row.user_id,
      issuer: row.issuer,
      subject: row.subject,
    }));
  }

  *ownerOf(id: DeviceId): Transaction<UserId | undefined> {
    const row = yield* one<{ user_id: UserId }>('SELECT user_id FROM devices WHERE id = ?', id);
    return row?.user_id;
  }

  /** Changes a device. False: the device is not this user's, or is revoked. */
  *update(owner: UserId, id: DeviceId, { name, labels }: DeviceUpdate): Transaction<boolean> {
    const changed = yield* run(
      `UPDATE devices SET name = COALESCE(?, name), labels = COALESCE(?, labels)
       WHERE user_id = ? AND id = ? AND revoked_at IS NULL`,
      name ?? null,
      labels === undefined ? null : JSON.stringify(labels),
      owner,
      id,
    );
    return changed === 1;
  }

  /**
   * Counts the epoch of the device that has this credential. The device's row is locked from here on; the credential was read
   * before the lock, so the caller reads it again.
   */
  *countEpoch(token: TokenHash, now: number): Transaction<Omit<Admission, 'credentialId'> | undefined> {
    const row = yield* one<{ id: DeviceId; user_id: UserId; epoch: Epoch }>(
      `UPDATE devices SET epoch = epoch + 1, last_connected_at = ?
       WHERE revoked_at IS NULL
         AND id = (SELECT c.device_id FROM device_credentials c WHERE c.token_hash = ? AND ${ACTIVE})
       RETURNING id, user_id, epoch`,
      now,
      token,
      ...activeAt(now),
    );
    return row && { deviceId: row.id, userId: row.user_id, epoch: row.epoch };
  }

  /** The number of a user's devices that are not revoked. */
  *live(owner: UserId): Transaction<number> {
    const row = yield* one<{ count: number }>(
      'SELECT count(*) AS count FROM devices WHERE user_id = ? AND revoked_at IS NULL',
      owner,
    );
    return row?.count ?? 0;
  }

  /** Keeps a device from connecting until the transaction is over. False: the device is not this user's, or is revoked. */
  *lock(owner: UserId, id: DeviceId): Transaction<boolean> {
    const locked = yield* run(
      'UPDATE devices SET epoch = epoch WHERE user_id = ? AND id = ? AND revoked_at IS NULL',
      owner,
      id,
    );
    return locked === 1;
  }

  /** Revokes a device. False: the device is not this user's, or was revoked before. */
  *revoke(owner: UserId, id: DeviceId, now: number): Transaction<boolean> {
    const revoked = yield* run(
      'UPDATE devices SET revoked_at = ? WHERE user_id = ? AND id = ? AND revoked_at IS NULL',
      now,
      owner,
      id,
    );
    return revoked === 1;
  }

  /** The device whose revocation is oldest, if that was at this time or before. */
  *revokedUntil(until: number): Transaction<{ readonly id: DeviceId; readonly owner: UserId } | undefined> {
    const row = yield* one<Pick<DeviceRow, 'id' | 'user_id'>>(
      'SELECT id, user_id FROM devices WHERE revoked_at <= ? ORDER BY revoked_at LIMIT 1',
      until,
    );
    return row && { id: row.id, owner: row.user_id };
  }

  /** Deletes a device whose credentials and events are deleted already. */
  *drop(owner: UserId, id: DeviceId): Transaction<void> {
    yield* run('DELETE FROM devices WHERE user_id = ? AND id = ?', owner, id);
  }
}

function device(row: DeviceRow): Device {
  return {
    deviceId: row.id,
    userId: row.user_id,
    name: row.name,
    ...(row.model !== null && { model: row.model }),
    ...(row.serial !== null && { serial: row.serial }),
    labels: JSON.parse(row.labels),
    createdAt: row.created_at,
    ...(row.last_connected_at !== null && { lastConnectedAt: row.last_connected_at }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
  };
}
