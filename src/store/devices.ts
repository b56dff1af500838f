import type { DeviceId, IdSource, UserId } from './ids.js';
import type { PendingRow } from './pending-devices.js';
import type { DeviceUpdate } from './ports/devices.js';
import type { Device, Page, PageRequest } from './ports.js';
import type { Database } from './sqlite.js';
import { statement } from './statement.js';

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

/** The rows of devices. */
export class Devices {
  readonly #ids: IdSource;
  readonly #insert;
  readonly #list;
  readonly #find;
  readonly #listAll;
  readonly #owner;
  readonly #update;
  readonly #isLive;
  readonly #revoke;

  constructor(db: Database, ids: IdSource) {
    this.#ids = ids;
    this.#insert = statement<
      [id: string, user: string, name: string, model: string | null, serial: string | null, createdAt: number]
    >(db, 'INSERT INTO devices (id, user_id, name, model, serial, created_at) VALUES (?, ?, ?, ?, ?, ?)');
    this.#list = statement<[user: string, after: string, limit: number], DeviceRow>(
      db,
      `SELECT ${COLUMNS} FROM devices d WHERE d.user_id = ? AND d.id > ? ORDER BY d.id LIMIT ?`,
    );
    this.#find = statement<[user: string, id: string], DeviceRow>(
      db,
      `SELECT ${COLUMNS} FROM devices d WHERE d.user_id = ? AND d.id = ?`,
    );
    this.#listAll = statement<[after: string, limit: number], DeviceRow & { subject: string }>(
      db,
      `SELECT ${COLUMNS}, u.subject FROM devices d JOIN users u ON u.id = d.user_id
       WHERE d.id > ? ORDER BY d.id LIMIT ?`,
    );
    this.#owner = statement<[id: string], { user_id: UserId }>(
      db,
      'SELECT user_id FROM devices WHERE id = ?',
    );
    this.#update = statement<[name: string | null, labels: string | null, user: string, id: string]>(
      db,
      `UPDATE devices SET name = COALESCE(?, name), labels = COALESCE(?, labels)
       WHERE user_id = ? AND id = ? AND revoked_at IS NULL`,
    );
    this.#isLive = statement<[user: string, id: string], { id: DeviceId }>(
      db,
      'SELECT id FROM devices WHERE user_id = ? AND id = ? AND revoked_at IS NULL',
    );
    this.#revoke = statement<[at: number, user: string, id: string]>(
      db,
      'UPDATE devices SET revoked_at = ? WHERE user_id = ? AND id = ? AND revoked_at IS NULL',
    );
  }

  add(owner: UserId, name: string, now: number): DeviceId {
    const id = this.#ids.next() as DeviceId;
    this.#insert.run(id, owner, name, null, null, now);
    return id;
  }

  /** Adds one that has its id. */
  addPaired(owner: UserId, { deviceId, name, model, serial }: PendingRow, now: number): void {
    this.#insert.run(deviceId, owner, name, model ?? null, serial ?? null, now);
  }

  list(owner: UserId, { limit, after = '' as DeviceId }: PageRequest): Page<Device> {
    return page(this.#list.all(owner, after, limit + 1).map(device), limit);
  }

  find(owner: UserId, id: DeviceId): Device | undefined {
    const row = this.#find.get(owner, id);
    return row && device(row);
  }

  listAll({ limit, after = '' as DeviceId }: PageRequest): Page<Device & { readonly subject: string }> {
    const rows = this.#listAll.all(after, limit + 1);
    return page(
      rows.map((row) => ({ ...device(row), subject: row.subject })),
      limit,
    );
  }

  ownerOf(id: DeviceId): UserId | undefined {
    return this.#owner.get(id)?.user_id;
  }

  /** False: not this user's, or revoked. */
  update(owner: UserId, id: DeviceId, { name, labels }: DeviceUpdate): boolean {
    const text = labels === undefined ? null : JSON.stringify(labels);
    return this.#update.run(name ?? null, text, owner, id) === 1;
  }

  /** Whether it is this user's, and not revoked. */
  isLive(owner: UserId, id: DeviceId): boolean {
    return this.#isLive.get(owner, id) !== undefined;
  }

  /** False: not this user's, or revoked before. */
  revoke(owner: UserId, id: DeviceId, now: number): boolean {
    return this.#revoke.run(now, owner, id) === 1;
  }
}

/** @param found up to one item more than `limit`: that one says that there is a next part. */
function page<Item extends Device>(found: Item[], limit: number): Page<Item> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, next: last.deviceId } : { items };
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
