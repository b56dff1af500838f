import { after, before, describe } from 'node:test';
import { StoreClient } from '../../src/store/client/store-client.js';
import { startStoreProcess } from '../../src/store/client/store-process.js';
import { openStore } from '../../src/store/open-store.js';
import { NO_POSTGRES, TestSchema } from '../support/postgres.js';
import { storeContract } from './contract.js';
import { pairingContract } from './pairing-contract.js';
import { signInContract } from './sign-ins-contract.js';

const dataDir = '/nonexistent';

describe('contract on PostgreSQL', { skip: NO_POSTGRES }, () => {
  let schema: TestSchema;
  before(async () => {
    schema = await TestSchema.create();
  });
  after(() => schema.drop());

  const open = async () => {
    await schema.empty();
    const store = await openStore({ dataDir, databaseUrl: schema.url });
    return { store, end: () => store.close() };
  };
  storeContract('PostgreSQL in this process', open);
  signInContract('PostgreSQL in this process', open);
  pairingContract('PostgreSQL in this process', open);

  // A process for each: its connections end with it, and the server has a hundred.
  const openInChild = async () => {
    await schema.empty();
    const store = new StoreClient();
    const host = await startStoreProcess(store, { dataDir, databaseUrl: schema.url });
    const end = async () => {
      await store.close();
      await host.stop(5_000);
    };
    return { store, end };
  };
  storeContract('PostgreSQL through a child process', openInChild);
});
