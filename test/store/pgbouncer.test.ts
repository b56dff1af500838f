import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { all, one, run } from '../../src/store/engine/engine.js';
import { openStore } from '../../src/store/open-store.js';
import { openPostgres } from '../../src/store/postgres/postgres-engine.js';
import { NO_PGBOUNCER, Pgbouncer } from '../support/pgbouncer.js';
import { NO_POSTGRES, TestDatabase } from '../support/postgres.js';
import { storeContract } from './contract.js';

const dataDir = '/nonexistent';

/** Told to leave out startup parameters it leaves out limits, and says nothing of it. */
const IGNORING =
  'ignore_startup_parameters = statement_timeout, idle_in_transaction_session_timeout, extra_float_digits';

for (const [what, mode, size, settings] of [
  ['session mode', 'session', 10, []],
  ['transaction mode', 'transaction', 2, []],
  ['transaction mode, told to ignore startup parameters', 'transaction', 2, [IGNORING]],
] as const) {
  describe(`D8: pgbouncer in ${what}`, { skip: NO_POSTGRES || NO_PGBOUNCER }, () => {
    let database: TestDatabase;
    let pooler: Pgbouncer;
    before(async () => {
      database = await TestDatabase.create();
      pooler = await Pgbouncer.start(database.url, { mode, size, settings });
    });
    after(async () => {
      await pooler.stop();
      await database.drop();
    });

    test('each statement has its limit, and nobody else gets it', async () => {
      const engine = openPostgres({ url: pooler.url, max: 5, patience: 'call' });
      const limit = () => all<{ statement_timeout: string }>('SHOW statement_timeout');
      assert.deepEqual(await engine.read(limit), [{ statement_timeout: '5s' }]);
      assert.deepEqual(await engine.write(limit), [{ statement_timeout: '5s' }]);
      await engine.close();
      const patient = openPostgres({ url: pooler.url, max: 1, patience: 'migration' });
      assert.deepEqual(await patient.read(limit), [{ statement_timeout: '0' }]);
      await patient.close();
    });

    test('many calls at once, of several processes, are each done once', async () => {
      const engines = [1, 2, 3].map(() => openPostgres({ url: pooler.url, max: 3, patience: 'call' }));
      await engines[0]?.write(() => run('CREATE TABLE tally (n BIGINT NOT NULL)'));
      await engines[0]?.write(() => run('INSERT INTO tally VALUES (?)', 0));
      const calls = engines.flatMap((engine) =>
        Array.from({ length: 50 }, async (_, i) => {
          await engine.write(() => run('UPDATE tally SET n = n + ?', 1));
          assert.equal((await engine.read(() => one<{ i: number }>('SELECT CAST(? AS INT) AS i', i)))?.i, i);
        }),
      );
      await Promise.all(calls);
      assert.deepEqual(await engines[1]?.read(() => all('SELECT n FROM tally')), [{ n: 150 }]);
      await Promise.all(engines.map((engine) => engine.close()));
    });

    storeContract(`through pgbouncer in ${what}`, async () => {
      const store = await openStore({ dataDir, databaseUrl: pooler.url, databasePool: 3 });
      return {
        store,
        end: async () => {
          await store.close();
          await database.empty();
        },
      };
    });
  });
}
