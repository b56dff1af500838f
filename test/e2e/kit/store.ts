import { openStore } from '../../../src/store/open-store.js';
import type { DeviceId, UserId } from '../../../src/store/ports/ids.js';
import { closeDatabase, openDatabase } from '../../../src/store/sqlite/sqlite.js';
import type { Provisioned } from './proxy-process.js';

/** Adds a device whose credential is void from the beginning; the command line offers no such thing. */
export async function provisionExpired(dataDir: string): Promise<Provisioned> {
  const store = await openStore({ dataDir });
  try {
    const owner = await store.ensureUser('urn:visiona:test', 'bob');
    const [device] = await store.provision(owner, ['old'], Date.now() - 1);
    if (device === undefined) throw new Error('the store made no device');
    return device;
  } finally {
    await store.close();
  }
}

/** Ends the time of all that rotations left beside what they made, as if it had begun long ago. */
export async function endSuperseded(dataDir: string): Promise<void> {
  const db = await openDatabase(dataDir);
  db.exec('UPDATE device_credentials SET superseded_at = 0 WHERE superseded_at IS NOT NULL');
  closeDatabase(db);
}

/** Who owns a device; the command line does not tell. */
export async function ownerOf(dataDir: string, deviceId: string): Promise<UserId> {
  const store = await openStore({ dataDir });
  try {
    const owner = await store.ownerOf(deviceId as DeviceId);
    if (owner === undefined) throw new Error('there is no such device');
    return owner;
  } finally {
    await store.close();
  }
}
