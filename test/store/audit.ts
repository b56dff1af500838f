// `audit` asserts that the data of a store is sound after a fault.
import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open-store.js';
import type { ProvisionedDevice } from '../../src/store/ports/devices.js';
import { openDatabase } from '../../src/store/sqlite/sqlite.js';
import { admit } from '../support/admit.js';

/**
 * Asserts that the data is sound: the tokens of `acknowledged` let their devices in, and no write is there in part.
 * @param batch how many devices of one name every call has made.
 */
export async function audit(
  dataDir: string,
  acknowledged: readonly ProvisionedDevice[],
  batch: number,
): Promise<void> {
  const store = await openStore({ dataDir });
  try {
    for (let at = 0; at < acknowledged.length; at += 1_000) {
      const part = acknowledged.slice(at, at + 1_000);
      const admitted = await Promise.all(part.map(({ sessionToken }) => admit(store, sessionToken)));
      assert.deepEqual(
        admitted.map((admission) => admission?.deviceId),
        part.map(({ deviceId }) => deviceId),
      );
    }
  } finally {
    await store.close();
  }
  const db = await openDatabase(dataDir);
  try {
    const rows = (sql: string) =>
      db
        .prepare(sql)
        .all()
        .map((row) => ({ ...row }));
    assert.deepEqual(rows('PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
    assert.deepEqual(rows('PRAGMA foreign_key_check'), []);
    const bare = rows(
      'SELECT d.id FROM devices d LEFT JOIN device_credentials c ON c.device_id = d.id WHERE c.id IS NULL',
    );
    assert.deepEqual(bare, [], 'a device has no credential');
    const parts = rows(`SELECT name, count(*) AS n FROM devices GROUP BY name HAVING n % ${batch} <> 0`);
    assert.deepEqual(parts, [], 'a part of a call is there');
  } finally {
    db.close();
  }
}
