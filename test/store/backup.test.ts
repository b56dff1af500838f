import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { StoreClient } from '../../src/store/client/store-client.js';
import { startStoreProcess } from '../../src/store/client/store-process.js';
import { openStore } from '../../src/store/open-store.js';
import type { ProvisionedDevice } from '../../src/store/ports/devices.js';
import { databaseFile, openDatabase } from '../../src/store/sqlite/sqlite.js';
import { admit } from '../support/admit.js';
import { audit } from './audit.js';
import { withTempDir } from './temp-dir.js';

const BATCH = 3;

/** As docs/operate.md says, and by our own SQLite for where that program is not installed. */
const BACKUPS = {
  'the sqlite3 program': async (dataDir: string, file: string) => {
    await promisify(execFile)('sqlite3', [databaseFile(dataDir), `VACUUM INTO '${file}'`]);
  },
  'another connection': async (dataDir: string, file: string) => {
    const db = await openDatabase(dataDir);
    db.exec(`VACUUM INTO '${file}'`);
    db.close();
  },
};

const HAS_SQLITE3 = spawnSync('sqlite3', ['--version']).status === 0;

for (const [how, backup] of Object.entries(BACKUPS)) {
  const skip = how === 'the sqlite3 program' && !HAS_SQLITE3 && 'sqlite3 is not installed';
  test(
    `a backup by ${how}, while the store is written to, holds all that was acknowledged before`,
    { skip },
    () =>
      withTempDir(async (dir) => {
        const [dataDir, restored, file] = [join(dir, 'data'), join(dir, 'restored'), join(dir, 'backup.db')];
        const client = new StoreClient();
        const host = await startStoreProcess(client, { dataDir });
        const acknowledged: ProvisionedDevice[] = [];
        let over = false;
        const owner = await client.ensureUser('https://id.example', 'alice');
        const write = async (name: string) => {
          for (let i = 0; !over; i += 1) {
            acknowledged.push(...(await client.provision(owner, Array(BATCH).fill(`${name}-${i}`))));
          }
        };
        const first = client.provision(owner, Array(BATCH).fill('first'));
        acknowledged.push(...(await first));
        const writers = Promise.all(['a', 'b', 'c', 'd'].map(write));
        await client.lastChange();
        const before = [...acknowledged];
        await backup(dataDir, file);
        over = true;
        await writers;
        assert.ok(acknowledged.length > before.length, 'it was written to meanwhile');
        await client.close();
        await host.stop(5_000);
        await mkdir(restored);
        await copyFile(file, databaseFile(restored));
        await audit(restored, before, BATCH);
      }),
  );
}

test('a copy of the one file, after everything has stopped, is a backup', () =>
  withTempDir(async (dir) => {
    const [dataDir, restored] = [join(dir, 'data'), join(dir, 'restored')];
    const client = new StoreClient();
    const host = await startStoreProcess(client, { dataDir });
    const owner = await client.ensureUser('https://id.example', 'alice');
    const made = await client.provision(owner, ['cam']);
    await admit(client, made[0]!.sessionToken);
    await client.close();
    await host.stop(5_000);
    await mkdir(restored);
    await copyFile(databaseFile(dataDir), databaseFile(restored));
    await audit(restored, made, 1);
    const store = await openStore({ dataDir: restored });
    assert.equal((await admit(store, made[0]!.sessionToken))?.epoch, 3);
    await store.close();
  }));
