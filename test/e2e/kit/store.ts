// This file changes and reads the data of a process in ways that its command line does not offer.
import { openStore } from '../../../src/store/open-store.js';
import type { DeviceId, UserId } from '../../../src/store/ports/ids.js';
import { closeDatabase, openDatabase } from '../../../src/store/sqlite/sqlite.js';
import type { Provisioned } from './proxy-process.js';

/** Adds a device whose credential has expired from the beginning; the command line cannot. */
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

/** Ends the time of all credentials that live beside newer ones, as if their week were over. */
export async function endSuperseded(dataDir: string): Promise<void> {
  const db = await openDatabase(dataDir);
  db.exec('UPDATE device_credentials SET superseded_at = 0 WHERE superseded_at IS NOT NULL');
  closeDatabase(db);
}

/** The owner of a device, which the command line does not tell. */
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
