import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreClient } from '../../src/store/client/store-client.js';
import { startStoreProcess } from '../../src/store/client/store-process.js';
import { openStore } from '../../src/store/open-store.js';
import type { SignIn } from '../../src/store/ports/sign-ins.js';
import { NO_POSTGRES, sql, TestSchema } from '../support/postgres.js';
import { newSignIn } from './sign-ins-contract.js';

/** Questions for the session of a cookie answer what was there when they were asked, much later. */
const SLOW = (schema: string) => [
  `ALTER TABLE ${schema}.sign_ins RENAME TO sign_in_rows`,
  `CREATE FUNCTION ${schema}.slow(query text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
   BEGIN
     IF query LIKE 'SELECT %cookie_hash = $1' THEN PERFORM pg_sleep(1.5); END IF;
     RETURN true;
   END $$`,
  `CREATE VIEW ${schema}.sign_ins AS SELECT * FROM ${schema}.sign_in_rows WHERE ${schema}.slow(current_query())`,
];

test('PostgreSQL: a session that was found is told before its end, however slow the answer', {
  skip: NO_POSTGRES,
}, async () => {
  const schema = await TestSchema.create();
  const location = { dataDir: '/nonexistent', databaseUrl: schema.url };
  const client = new StoreClient();
  const host = await startStoreProcess(client, location);
  const other = await openStore(location);
  try {
    const owner = await client.ensureUser('https://id.example', 'alice');
    const given = newSignIn('a');
    const { signInId } = await client.beginSignIn(owner, given);
    await sql(...SLOW(schema.name));

    const order: string[] = [];
    const ended = new Promise<void>((resolve) => {
      client.onChanges(() => {
        order.push('ended');
        resolve();
      });
    });
    const found = client.findSignIn(given.cookie).then((signIn: SignIn | undefined) => {
      order.push(signIn === undefined ? 'not found' : 'found');
    });
    await asleep(schema.name);
    assert.notEqual(await other.endSignIn(owner, signInId), undefined);
    await Promise.all([found, ended]);
    assert.deepEqual(order, ['found', 'ended']);
  } finally {
    await client.close();
    await host.stop(5_000);
    await other.close();
    await schema.drop();
  }
});

/** Resolves when a question of this schema's sleeps. */
async function asleep(schema: string): Promise<void> {
  const waiting = `SELECT pid FROM pg_stat_activity
    WHERE wait_event = 'PgSleep' AND pid IN (SELECT pid FROM pg_locks WHERE relation = '${schema}.sign_ins'::regclass)`;
  while ((await sql(waiting)).length === 0);
}
