import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../../src/store/open-store.js';
import { runToEnd } from '../e2e/kit/program.js';
import { BlackHole } from '../support/blackhole.js';
import { NO_POSTGRES, sql, TestSchema } from '../support/postgres.js';

const dataDir = '/nonexistent';

/** Runs a command and cuts its connections while the database works on its COMMIT, which is done after that. */
async function cutInCommit(schema: TestSchema, table: string, command: readonly string[]) {
  const { name } = schema;
  await sql(
    `CREATE OR REPLACE FUNCTION ${name}.linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END'`,
    `CREATE CONSTRAINT TRIGGER linger AFTER INSERT OR UPDATE ON ${name}.${table}
       DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ${name}.linger()`,
  );
  const url = new URL(schema.url);
  url.searchParams.set('application_name', name);
  const relay = await BlackHole.start(Number(url.port || 5432));
  url.host = `127.0.0.1:${relay.port}`;
  const ended = runToEnd(command, { DATABASE_URL: url.href });
  const backends = `SELECT wait_event FROM pg_stat_activity WHERE application_name = '${name}'`;
  while (!(await sql<{ wait_event: string }>(backends)).some((row) => row.wait_event === 'PgSleep'));
  relay.cut();
  const result = await ended;
  await relay.close();
  while ((await sql(backends)).length > 0);
  await sql(`DROP TRIGGER linger ON ${name}.${table}`);
  return result;
}

test('D1: a command whose write may have been done says so, what to look at, and exits 1', {
  skip: NO_POSTGRES,
}, async () => {
  const schema = await TestSchema.create();
  const store = await openStore({ dataDir, databaseUrl: schema.url });
  const add = ['device', 'add', '--user', 'alice', '--name', 'cam'];
  const added = await cutInCommit(schema, 'devices', add);
  assert.deepEqual([added.code, added.stdout], [1, '']);
  assert.match(
    added.stderr,
    /^visiona: the write may have been done, look before you make it again: .*; if cam is in "visiona device list", its token was never shown: revoke it and add it anew\n$/,
  );
  const [made, ...more] = (await store.listAllDevices({ limit: 10 })).items;
  assert.ok(made !== undefined && more.length === 0);

  const revoke = ['device', 'revoke', made.deviceId];
  const revoked = await cutInCommit(schema, 'devices', revoke);
  assert.deepEqual([revoked.code, revoked.stdout], [1, '']);
  assert.match(revoked.stderr, /; run it again, which says whether it was done\n$/);
  const again = await runToEnd(revoke, { DATABASE_URL: schema.url });
  assert.equal(again.stdout, `Device ${made.deviceId} was revoked before.\n`);
  await store.close();
  await schema.drop();
});
