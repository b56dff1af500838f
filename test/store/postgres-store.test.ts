import { after, before, describe } from 'node:test';
import type { Host } from '../../src/actors/host.js';
import { startProcessHost } from '../../src/actors/process-host.js';
import { openStore } from '../../src/store/open-store.js';
import { StoreClient } from '../../src/store/store-client.js';
import { attachStore } from '../../src/store/store-process.js';
import { NO_POSTGRES, TestSchema } from '../support/postgres.js';
import { storeContract } from './contract.js';
import { pairingContract } from './pairing-contract.js';
import { signInContract } from './sign-ins-contract.js';

const dataDir = '/nonexistent';

describe('contract on PostgreSQL', { skip: NO_POSTGRES }, () => {
  let schema: TestSchema;
  let host: Host;
  before(async () => {
    schema = await TestSchema.create();
    const module = new URL('../../src/store/store-host.js', import.meta.url);
    host = await startProcessHost({ name: 'store', module });
  });
  after(async () => {
    await host.stop(5_000);
    await schema.drop();
  });

  const open = async () => {
    await schema.empty();
    const store = await openStore({ dataDir, databaseUrl: schema.url });
    return { store, end: () => store.close() };
  };
  storeContract('PostgreSQL in this process', open);
  signInContract('PostgreSQL in this process', open);
  pairingContract('PostgreSQL in this process', open);

  const openInChild = async () => {
    await schema.empty();
    const store = new StoreClient();
    await attachStore(host, store, { dataDir, databaseUrl: schema.url });
    return { store, end: () => store.close() };
  };
  storeContract('PostgreSQL through a child process', openInChild);
});
