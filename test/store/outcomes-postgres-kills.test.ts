import { test } from 'node:test';
import { StoreClient } from '../../src/store/client/store-client.js';
import { startStoreProcess } from '../../src/store/client/store-process.js';
import { NO_POSTGRES } from '../support/postgres.js';
import { sized } from '../support/sized.js';
import { PostgresRounds } from './postgres-rounds.js';

const ROUNDS = sized(20, 500);

test(`D1: PostgreSQL: every write is as its caller was told, in ${ROUNDS} kills of the store's process`, {
  skip: NO_POSTGRES,
}, async (t) => {
  const rounds = await PostgresRounds.start(t);
  const client = new StoreClient();
  const location = { dataDir: '/nonexistent', databaseUrl: rounds.urlAt(rounds.port) };
  let host = await startStoreProcess(client, location);
  await rounds.run(ROUNDS, client, async () => {
    host.kill('test');
    await host.exited;
    host = await startStoreProcess(client, location);
  });
  await client.close();
  await host.stop(5_000);
  await rounds.check(t);
});
