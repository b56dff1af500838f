import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreClient } from '../../src/store/client/store-client.js';
import { startStoreProcess } from '../../src/store/client/store-process.js';
import { openStore } from '../../src/store/open-store.js';
import { BlackHole } from '../support/blackhole.js';
import { NO_POSTGRES, sql } from '../support/postgres.js';
import { sized } from '../support/sized.js';
import { PostgresRounds } from './postgres-rounds.js';

const ROUNDS = sized(20, 500);
/** Each takes as long as an answer of the database is waited for. */
const SILENT_ROUNDS = sized(1, 20);
/** The most turns of the loop that the database works on unheard. */
const UNHEARD_TURNS = 40;

const dataDir = '/nonexistent';

describe('D1: PostgreSQL: every write is as its caller was told', { skip: NO_POSTGRES }, () => {
  test(`in ${ROUNDS} ends of all of its connections by the server`, async (t) => {
    const rounds = await PostgresRounds.start(t);
    const store = await openStore({ dataDir, databaseUrl: rounds.urlAt(rounds.port) });
    await rounds.run(ROUNDS, store, async () => {
      await sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '${rounds.name}'`,
      );
    });
    await store.close();
    await rounds.check(t);
  });

  test(`in ${ROUNDS} losses of the way back, and then of the connections`, async (t) => {
    const rounds = await PostgresRounds.start(t);
    const relay = await BlackHole.start(rounds.port);
    const store = await openStore({ dataDir, databaseUrl: rounds.urlAt(relay.port) });
    await rounds.run(ROUNDS, store, async () => {
      relay.hole('down');
      for (let turns = Math.random() * UNHEARD_TURNS; turns > 0; turns -= 1) await nextTurn();
      relay.cut();
    });
    await store.close();
    await relay.close();
    await rounds.check(t);
  });

  test(`in ${SILENT_ROUNDS} times that the database is silent for longer than it is waited for`, async (t) => {
    const rounds = await PostgresRounds.start(t);
    const relay = await BlackHole.start(rounds.port);
    const client = new StoreClient();
    const host = await startStoreProcess(client, { dataDir, databaseUrl: rounds.urlAt(relay.port) });
    const silence = async () => relay.hole('down');
    await rounds.run(SILENT_ROUNDS, client, silence, () => relay.cut());
    await client.close();
    await host.stop(15_000);
    await relay.close();
    await rounds.check(t);
  });
});
