// DeviceEventTable holds the histories of devices.
import { all, run, type Transaction } from '../engine/engine.js';
import type { DeviceEvent, DeviceEventKind, DeviceOffline } from '../ports/devices.js';
import type { DeviceId, IdSource, UserId } from '../ports/ids.js';
import type { ListPage, PageRequest } from '../ports/page.js';
import { listPage } from '../ports/page.js';

/** How many events of one device are kept: a week's, if the device dials every ten minutes. */
export const EVENTS_KEPT = 1_000;

/** Sorts after every id, as ids are in hex: a list from the newest to the oldest begins here. */
const END = 'g';

interface EventRow {
  id: string;
  kind: DeviceEventKind;
  at: number;
}

/** The table of events. A row is an event of a device. */
export class DeviceEventTable {
  readonly #ids: IdSource;
  readonly #kept: number;

  constructor(ids: IdSource, kept: number) {
    this.#ids = ids;
    this.#kept = kept;
  }

  *add(owner: UserId, device: DeviceId, kind: DeviceEventKind, now: number): Transaction<void> {
    yield* run(
      'INSERT INTO device_events (id, user_id, device_id, kind, at) VALUES (?, ?, ?, ?, ?)',
      this.#ids.next(),
      owner,
      device,
      kind,
      now,
    );
    yield* this.#prune(owner, device);
  }

  /** Adds that a device went offline, unless its epoch shows that it has connected again since. */
  *addOffline(owner: UserId, { deviceId, epoch }: DeviceOffline, now: number): Transaction<void> {
    const added = yield* run(
      `INSERT INTO device_events (id, user_id, device_id, kind, at)
       SELECT ?, user_id, id, 'offline', ? FROM devices WHERE user_id = ? AND id = ? AND epoch = ?`,
      this.#ids.next(),
      now,
      owner,
      deviceId,
      epoch,
    );
    if (added > 0) yield* this.#prune(owner, deviceId);
  }

  *list(
    owner: UserId,
    device: DeviceId,
    { limit, after = END }: PageRequest<string>,
  ): Transaction<ListPage<DeviceEvent, string>> {
    const rows = yield* all<EventRow>(
      `SELECT id, kind, at FROM device_events WHERE user_id = ? AND device_id = ? AND id < ?
       ORDER BY id DESC LIMIT ?`,
      owner,
      device,
      after,
      limit + 1,
    );
    return listPage(rows, limit, ({ id, kind, at }) => ({ eventId: id, kind, at }));
  }

  /** Deletes all events of a device. */
  *dropAll(owner: UserId, device: DeviceId): Transaction<void> {
    yield* run('DELETE FROM device_events WHERE user_id = ? AND device_id = ?', owner, device);
  }

  *#prune(owner: UserId, device: DeviceId): Transaction<void> {
    yield* run(
      `DELETE FROM device_events WHERE user_id = ? AND device_id = ? AND id <=
         (SELECT id FROM device_events WHERE user_id = ? AND device_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
      owner,
      device,
      owner,
      device,
      this.#kept,
    );
  }
}
