import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../../src/store/open-store.js';
import { openDatabase } from '../../src/store/sqlite.js';
import { StoreClient } from '../../src/store/store-client.js';
import { startStoreProcess } from '../../src/store/store-process.js';
import { sized } from '../support/sized.js';
import { audit } from './audit.js';
import { Outcomes } from './outcomes.js';
import { withTempDir } from './temp-dir.js';

const ROUNDS = sized(20, 500);

test(`D1: SQLite: every write is as its caller was told, in ${ROUNDS} kills of the store's process`, (t) =>
  withTempDir(async (dataDir) => {
    const healthy = await openStore({ dataDir });
    const client = new StoreClient();
    let host = await startStoreProcess(client, { dataDir });
    const outcomes = new Outcomes();
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        await outcomes.round(healthy, client, `user-${round}`, async () => {
          host.kill('test');
          await host.exited;
          host = await startStoreProcess(client, { dataDir });
        });
      }
    } finally {
      await client.close();
      await host.stop(5_000);
      await healthy.close();
    }
    t.diagnostic(JSON.stringify(outcomes.counts));
    assert.ok(Object.keys(outcomes.counts).length > 1, 'a kill met a write');
    const db = await openDatabase(dataDir);
    await outcomes.check(
      async (rows) => (db.prepare(`SELECT count(*) AS n FROM ${rows}`).get() as { n: number }).n,
    );
    db.close();
    await audit(dataDir, [], 1);
  }));
