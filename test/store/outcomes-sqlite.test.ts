import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreClient } from '../../src/store/client/store-client.js';
import { startStoreProcess } from '../../src/store/client/store-process.js';
import { openStore } from '../../src/store/open-store.js';
import { type Database, openDatabase } from '../../src/store/sqlite/sqlite.js';
import { sized } from '../support/sized.js';
import { audit } from './audit.js';
import { Outcomes } from './outcomes.js';
import { withTempDir } from './temp-dir.js';

const ROUNDS = sized(20, 500);

/** The longest wait for a commit, in ms: there may be nothing left to commit. */
const COMMIT_MS = 100;

/** Returns right after another connection has committed; nothing else runs meanwhile, so no answer is heard. */
function awaitCommit(db: Database): void {
  const version = db.prepare('PRAGMA data_version');
  const { data_version: before } = version.get();
  const deadline = performance.now() + COMMIT_MS;
  while (version.get().data_version === before && performance.now() < deadline);
}

test(`D1: SQLite: every write is as its caller was told, in ${ROUNDS} kills of the store's process`, (t) =>
  withTempDir(async (dataDir) => {
    const healthy = await openStore({ dataDir });
    const client = new StoreClient();
    let host = await startStoreProcess(client, { dataDir });
    const outcomes = new Outcomes();
    const watcher = await openDatabase(dataDir);
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        await outcomes.round(healthy, client, `user-${round}`, async () => {
          // In every other round between a commit and its answers.
          if (round % 2 === 0) awaitCommit(watcher);
          host.kill('test');
          await host.exited;
          host = await startStoreProcess(client, { dataDir });
        });
      }
    } finally {
      await client.close();
      await host.stop(5_000);
      await healthy.close();
      watcher.close();
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
