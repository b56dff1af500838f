import type { DeviceId, IdSource, UserId } from './ids.js';
import type { DeviceEvent, DeviceEventKind } from './ports/devices.js';
import type { Page, PageRequest } from './ports.js';
import type { Database } from './sqlite.js';
import { statement } from './statement.js';

/** Events that are kept of one device: a week of one that dials every ten minutes. */
export const EVENTS_KEPT = 1_000;

interface EventRow {
  id: string;
  kind: DeviceEventKind;
  at: number;
}

/** The rows of what happened to devices. */
export class DeviceEvents {
  readonly #ids: IdSource;
  readonly #kept: number;
  readonly #insert;
  readonly #prune;
  readonly #list;

  constructor(db: Database, ids: IdSource, kept: number) {
    this.#ids = ids;
    this.#kept = kept;
    this.#insert = statement<[id: string, user: string, device: string, kind: string, at: number]>(
      db,
      'INSERT INTO device_events (id, user_id, device_id, kind, at) VALUES (?, ?, ?, ?, ?)',
    );
    this.#prune = statement<[user: string, device: string, user: string, device: string, kept: number]>(
      db,
      `DELETE FROM device_events WHERE user_id = ? AND device_id = ? AND id <=
         (SELECT id FROM device_events WHERE user_id = ? AND device_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    );
    this.#list = statement<[user: string, device: string, before: string, limit: number], EventRow>(
      db,
      `SELECT id, kind, at FROM device_events WHERE user_id = ? AND device_id = ? AND id < ?
       ORDER BY id DESC LIMIT ?`,
    );
  }

  add(owner: UserId, device: DeviceId, kind: DeviceEventKind, now: number): void {
    this.#insert.run(this.#ids.next(), owner, device, kind, now);
    this.#prune.run(owner, device, owner, device, this.#kept);
  }

  list(
    owner: UserId,
    device: DeviceId,
    { limit, after = END }: PageRequest<string>,
  ): Page<DeviceEvent, string> {
    const rows = this.#list.all(owner, device, after, limit + 1);
    const items = rows.slice(0, limit).map(({ id, kind, at }) => ({ eventId: id, kind, at }));
    const last = items.at(-1);
    return rows.length > limit && last !== undefined ? { items, next: last.eventId } : { items };
  }
}

/** After every id. */
const END = 'g';
