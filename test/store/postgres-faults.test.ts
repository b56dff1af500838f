import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Host } from '../../src/actors/host.js';
import { StoreClient } from '../../src/store/client/store-client.js';
import { startStoreProcess } from '../../src/store/client/store-process.js';
import { all, run, type Transaction } from '../../src/store/engine/engine.js';
import { MIGRATIONS } from '../../src/store/migrations/migrations.js';
import { openStore } from '../../src/store/open-store.js';
import type { UserId } from '../../src/store/ports/ids.js';
import { openPostgres } from '../../src/store/postgres/postgres-engine.js';
import { BlackHole } from '../support/blackhole.js';
import { NO_POSTGRES, sql, TestSchema } from '../support/postgres.js';
import { until } from '../support/until.js';

const dataDir = '/nonexistent';
const ISSUER = 'https://id.example';

describe('PostgreSQL', { skip: NO_POSTGRES }, () => {
  let schema: TestSchema;
  before(async () => {
    schema = await TestSchema.create();
  });
  after(() => schema.drop());

  test('processes that start at once apply each migration once', async () => {
    const fresh = await TestSchema.create();
    const open = () => openStore({ dataDir, databaseUrl: fresh.url });
    const stores = await Promise.all([open(), open(), open(), open()]);
    const applied = await sql<{ version: number }>(`SELECT version FROM ${fresh.name}.schema_migrations`);
    assert.equal(applied.length, MIGRATIONS.length);
    await Promise.all(stores.map((store) => store.close()));
    await fresh.drop();
  });

  test('data of a newer version is refused, and says what to do', async () => {
    const fresh = await TestSchema.create();
    const location = { dataDir, databaseUrl: fresh.url };
    await (await openStore(location)).close();
    await sql(`INSERT INTO ${fresh.name}.schema_migrations VALUES (999, 'from the future', 0)`);
    await assert.rejects(openStore(location), {
      code: 'ERR_STORE_NEWER',
      message: /^the PostgreSQL database ".+" at .+ holds data of a newer version \(schema 999/,
    });
    await fresh.drop();
  });

  describe('a database that goes away', () => {
    let relay: BlackHole;
    let client: StoreClient;
    let host: Host;
    let alice: UserId;
    before(async () => {
      const url = new URL(schema.url);
      relay = await BlackHole.start(Number(url.port || 5432));
      url.host = `127.0.0.1:${relay.port}`;
      client = new StoreClient();
      host = await startStoreProcess(client, { dataDir, databaseUrl: url.href });
      alice = await client.ensureUser(ISSUER, 'alice');
    });
    after(async () => {
      await client.close();
      await host.stop(5_000);
      await relay.close();
    });

    test('calls say so, and go on when it is back, in the same process', async () => {
      const died = host.exited.then(() => assert.fail('the process of the store ended'));
      relay.refuse(true);
      relay.cut();
      await assert.rejects(client.provision(alice, ['cam']), {
        code: 'ERR_STORE_UNAVAILABLE',
        message: /^the store is not available: the PostgreSQL database ".+" at 127\.0\.0\.1:\d+: /,
      });
      await until(() => client.missing.reads !== undefined);
      relay.refuse(false);
      await until(() => client.missing.reads === undefined);
      assert.equal((await client.provision(alice, ['cam'])).length, 1);
      died.catch(() => {});
    });

    test('a connection that is lost in a transaction is not used again, and the transaction is undone', async () => {
      const engine = openPostgres({ url: schema.url, max: 10, patience: 'call' });
      const cut = engine.write(function* () {
        yield* run("INSERT INTO users (id, issuer, subject, created_at) VALUES ('lost', 'i', 's', 0)");
        yield* all('SELECT pg_terminate_backend(pg_backend_pid())');
      });
      await assert.rejects(cut, { code: 'ERR_STORE_UNAVAILABLE' });
      assert.deepEqual(await engine.read(() => all("SELECT id FROM users WHERE id = 'lost'")), []);
      await engine.close();
    });

    test('D1: a connection that is lost in a COMMIT leaves the outcome unknown, and the transaction may be done', async () => {
      const url = new URL(schema.url);
      const path = await BlackHole.start(Number(url.port || 5432));
      url.host = `127.0.0.1:${path.port}`;
      const engine = openPostgres({ url: url.href, max: 10, patience: 'call' });
      const write = engine.write(function* () {
        yield* run("INSERT INTO users (id, issuer, subject, created_at) VALUES ('doubt', 'i', 'doubt', 0)");
        // Nothing comes back from here on, and COMMIT goes out.
        path.hole('down');
      });
      const rows = () => sql(`SELECT id FROM ${schema.name}.users WHERE id = 'doubt'`);
      await until(async () => (await rows()).length === 1);
      path.cut();
      await assert.rejects(write, { code: 'ERR_STORE_OUTCOME_UNKNOWN' });
      await engine.close();
      await path.close();
    });

    test('a process that starts anew while it is away waits for it', async () => {
      const other = new StoreClient();
      relay.refuse(false);
      const url = new URL(schema.url);
      url.host = `127.0.0.1:${relay.port}`;
      const location = { dataDir, databaseUrl: url.href };
      const first = await startStoreProcess(other, location);
      first.kill('test');
      await first.exited;
      relay.refuse(true);
      relay.cut();
      const second = await startStoreProcess(other, location);
      await assert.rejects(other.findUser(ISSUER, 'alice'), { code: 'ERR_STORE_UNAVAILABLE' });
      relay.refuse(false);
      await until(() => other.missing.reads === undefined);
      assert.equal(await other.findUser(ISSUER, 'alice'), alice);
      await other.close();
      await second.stop(5_000);
    });

    test('an answer that does not come ends the call, not the process', async () => {
      await client.findUser(ISSUER, 'alice');
      relay.hole();
      await assert.rejects(client.ensureUser(ISSUER, 'bob'), { code: 'ERR_STORE_UNAVAILABLE' });
      relay.cut();
      await until(() => client.missing.reads === undefined);
      assert.equal(await client.findUser(ISSUER, 'alice'), alice);
    });
  });

  test('two transactions that wait for each other are both done', async () => {
    const engine = openPostgres({ url: schema.url, max: 10, patience: 'call' });
    await engine.write(function* () {
      yield* run('CREATE TABLE pair (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)');
      yield* run('INSERT INTO pair VALUES (1, 0), (2, 0)');
    });
    let [begun, holding] = [0, 0];
    const both = (first: number, second: number) => () =>
      (function* (): Transaction<void> {
        begun += 1;
        yield* run('UPDATE pair SET n = n + 1 WHERE id = ?', first);
        holding += 1;
        while (holding < 2) yield* all('SELECT pg_sleep(0.01)');
        yield* run('UPDATE pair SET n = n + 1 WHERE id = ?', second);
      })();
    await Promise.all([engine.write(both(1, 2)), engine.write(both(2, 1))]);
    assert.ok(begun > 2, 'one was tried again');
    assert.deepEqual(await engine.read(() => all('SELECT n FROM pair')), [{ n: 2 }, { n: 2 }]);
    await engine.close();
  });

  test('what conflicts again and again is given up', async () => {
    const engine = openPostgres({ url: schema.url, max: 10, patience: 'call' });
    let begun = 0;
    const conflict = engine.write(function* () {
      begun += 1;
      yield* run("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = 'serialization_failure'; END $$");
    });
    await assert.rejects(conflict, { code: 'ERR_STORE_BUSY' });
    assert.equal(begun, 5);
    await engine.close();
  });

  test('a statement that takes too long is ended by the server, and what the work itself throws undoes it', async () => {
    const engine = openPostgres({ url: schema.url, max: 10, patience: 'call' });
    await assert.rejects(
      engine.read(() => all('SELECT pg_sleep(60)')),
      { code: 'ERR_STORE_BUSY' },
    );
    const thrown = new Error('a fault of the work');
    const failed = engine.write(function* () {
      yield* run("INSERT INTO users (id, issuer, subject, created_at) VALUES ('half', 'i', 's', 0)");
      throw thrown;
    });
    await assert.rejects(failed, thrown);
    assert.deepEqual(await engine.read(() => all("SELECT id FROM users WHERE id = 'half'")), []);
    await engine.close();
  });

  test('connections are bounded, whatever is asked at once', async () => {
    const url = new URL(schema.url);
    url.searchParams.set('application_name', schema.name);
    const engine = openPostgres({ url: url.href, max: 10, patience: 'call' });
    let over = false;
    const slowly = () => engine.read(() => all('SELECT pg_sleep(0.1)'));
    const asked = (async () => {
      while (!over) await Promise.all(Array.from({ length: 20 }, slowly));
    })();
    await until(async () => {
      const [open] = await sql<{ n: string }>(
        `SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = '${schema.name}'`,
      );
      assert.ok(Number(open?.n) <= 10);
      return open?.n === '10';
    });
    over = true;
    await asked;
    await engine.close();
    await assert.rejects(
      engine.read(() => all('SELECT 1')),
      { code: 'ERR_STORE_CLOSED' },
    );
  });

  test('no error shows the password', async () => {
    const server = new URL(schema.url);
    for (const [url, code] of [
      [`postgres://u:hunter2@${server.hostname}:1/db`, 'ERR_STORE_UNAVAILABLE'],
      [`postgres://postgres:hunter2@${server.host}/no-such-database`, 'ERR_STORE_ACCESS'],
      ['postgres://u:hunter2@h/db?sslrootcert=/nonexistent', 'ERR_STORE_ACCESS'],
    ] as const) {
      await assert.rejects(openStore({ dataDir, databaseUrl: url }), (error: Error & { code?: string }) => {
        assert.equal(error.code, code);
        assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`, /hunter2/);
        return true;
      });
    }
  });
});
