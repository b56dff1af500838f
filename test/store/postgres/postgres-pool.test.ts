import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import pg from 'pg';
import { StoreClient } from '../../../src/store/client/store-client.js';
import { startStoreProcess } from '../../../src/store/client/store-process.js';
import type { Engine } from '../../../src/store/engine/engine.js';
import { all, one, run } from '../../../src/store/engine/engine.js';
import { openStore } from '../../../src/store/open-store.js';
import { openPostgres } from '../../../src/store/postgres/postgres-engine.js';
import { BlackHole } from '../../support/blackhole.js';
import { NO_POSTGRES, TestDatabase } from '../../support/postgres.js';
import { until } from '../../support/until.js';

const dataDir = '/nonexistent';
const ISSUER = 'https://id.example';

async function withDatabase(
  body: (database: TestDatabase) => Promise<void>,
  connections?: number,
): Promise<void> {
  const database = await TestDatabase.create(connections);
  try {
    await body(database);
  } finally {
    await database.drop();
  }
}

/** A way to a database on which connections are counted. */
async function relayTo({ url: direct }: TestDatabase): Promise<{ url: string; relay: BlackHole }> {
  const url = new URL(direct);
  const relay = await BlackHole.start(Number(url.port || 5432));
  url.host = `127.0.0.1:${relay.port}`;
  return { url: url.href, relay };
}

/** Reads and writes are possible. */
function canAll({ missing }: StoreClient): boolean {
  return missing.reads === undefined && missing.writes === undefined;
}

/** An engine of this many connections, which is closed afterwards. */
async function withEngine(url: string, max: number, body: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = openPostgres({ url, max, patience: 'call' });
  try {
    await body(engine);
  } finally {
    await engine.close();
  }
}

describe('connections to PostgreSQL', { skip: NO_POSTGRES }, () => {
  test('D7: with fewer connections than it wants every call waits for a free one, and is done', () =>
    withDatabase(
      ({ url }) =>
        withEngine(url, 10, async (engine) => {
          const slowly = () => engine.read(() => one<{ n: number }>('SELECT 1 AS n FROM pg_sleep(0.02)'));
          const done = await Promise.all(Array.from({ length: 60 }, slowly));
          assert.ok(done.every((row) => row?.n === 1));
        }),
      3,
    ));

  test('D7: where others have them all it waits for one of theirs, and says so in the end', () =>
    withDatabase(
      ({ url }) =>
        withEngine(url, 2, async (engine) => {
          const other = new pg.Client(url);
          await other.connect();
          await assert.rejects(
            engine.write(() => run('SELECT 1')),
            {
              code: 'ERR_STORE_BUSY',
              message: /\(SQLSTATE 53300\)$/,
            },
          );
          const waiting = engine.read(() => all('SELECT 1 AS n'));
          await other.end();
          assert.deepEqual(await waiting, [{ n: 1 }]);
        }),
      1,
    ));

  test('D7: no more connections than it was given', () =>
    withDatabase((database) =>
      withEngine(database.url, 2, async (engine) => {
        const slowly = () => engine.read(() => all('SELECT pg_sleep(0.3)'));
        const asked = Promise.all(Array.from({ length: 8 }, slowly));
        await until(async () => (await database.connections()) === 2);
        await asked;
        assert.equal(await database.connections(), 2);
      }),
    ));

  test('D8: the limits are set after connecting, and the server ends a statement before its connection is given up', () =>
    withDatabase((database) =>
      withEngine(database.url, 1, async (engine) => {
        const limits = await engine.read(() =>
          all<{ name: string; setting: string }>(
            "SELECT name, setting FROM pg_settings WHERE name LIKE '%timeout' AND source = 'session' ORDER BY name",
          ),
        );
        assert.deepEqual(limits, [
          { name: 'idle_in_transaction_session_timeout', setting: '10000' },
          { name: 'statement_timeout', setting: '5000' },
        ]);
        await assert.rejects(
          engine.read(() => all('SELECT pg_sleep(60)')),
          { code: 'ERR_STORE_BUSY' },
        );
        // pg alone would leave the server at work on a connection that it counts no more.
        assert.equal(await database.connections(), 1);
        assert.deepEqual(await engine.read(() => all('SELECT 1 AS n')), [{ n: 1 }]);
      }),
    ));

  test('D10: when writes are possible again, connections that stayed read-only cost no call', () =>
    withDatabase(async (database) => {
      await (await openStore({ dataDir, databaseUrl: database.url })).close();
      await database.readOnly(true);
      await withEngine(database.url, 5, async (engine) => {
        const count = () => run("UPDATE counters SET value = value + 1 WHERE name = 'changes'");
        await Promise.all(Array.from({ length: 5 }, () => engine.read(() => all('SELECT pg_sleep(0.3)'))));
        await assert.rejects(engine.write(count), {
          code: 'ERR_STORE_READ_ONLY',
          message: /takes no writes/,
        });
        await Promise.all(Array.from({ length: 5 }, () => engine.read(() => all('SELECT pg_sleep(0.3)'))));
        await database.readOnly(false);
        for (let i = 0; i < 5; i++) assert.equal(await engine.write(count), 1);
        assert.deepEqual(await engine.read(() => all("SELECT value FROM counters WHERE name = 'changes'")), [
          { value: 5 },
        ]);
      });
    }));

  test('D10: while it stays read-only few connections are made for those who want to write', () =>
    withDatabase(async (database) => {
      const { url, relay } = await relayTo(database);
      await (await openStore({ dataDir, databaseUrl: url })).close();
      await database.readOnly(true);
      try {
        await withEngine(url, 5, async (engine) => {
          const count = () => run("UPDATE counters SET value = value + 1 WHERE name = 'changes'");
          const [before, begun] = [relay.relayed, performance.now()];
          for (let i = 0; i < 100; i += 1) {
            const reads = Array.from({ length: 4 }, () => engine.read(() => all('SELECT 1 AS n')));
            await assert.rejects(engine.write(count), { code: 'ERR_STORE_READ_ONLY' });
            await Promise.all(reads);
          }
          // Those that it has, and one that is asked four times a second.
          const bound = 5 + 1 + Math.ceil((performance.now() - begun) / 250);
          assert.ok(relay.relayed - before <= bound, `${relay.relayed - before} of ${bound}`);
          await database.readOnly(false);
          await until(() =>
            engine.write(count).then(
              () => true,
              () => false,
            ),
          );
          await Promise.all(Array.from({ length: 20 }, () => engine.write(count)));
        });
      } finally {
        await relay.close();
      }
    }));

  test('D4: a client knows what cannot be done: no writes while it is read-only, and all of it afterwards', () =>
    withDatabase(async (database) => {
      const client = new StoreClient();
      const host = await startStoreProcess(client, { dataDir, databaseUrl: database.url });
      try {
        const alice = await client.ensureUser(ISSUER, 'alice');
        await database.readOnly(true);
        await database.endConnections();
        await client.provision(alice, ['cam']).catch(() => {});
        // The connections that ended may be heard of first.
        await until(() => client.state.writes?.code === 'ERR_STORE_READ_ONLY');
        assert.deepEqual(
          [client.missing, client.state.reads, client.state.writes?.code],
          [{ writes: 'store-read-only' }, undefined, 'ERR_STORE_READ_ONLY'],
        );
        assert.equal(await client.findUser(ISSUER, 'alice'), alice);
        await database.readOnly(false);
        await until(() => canAll(client));
        assert.equal((await client.provision(alice, ['cam'])).length, 1);
      } finally {
        await client.close();
        await host.stop(5_000);
      }
    }));

  test('D6: a database that became silent is asked by nobody but a probe, until it answers', () =>
    withDatabase(async (database) => {
      const { url, relay } = await relayTo(database);
      const client = new StoreClient();
      const host = await startStoreProcess(client, { dataDir, databaseUrl: url });
      try {
        const alice = await client.ensureUser(ISSUER, 'alice');
        relay.silence(true);
        relay.hole();
        await until(() => client.missing.reads === 'store-unavailable');
        // Each would wait for seconds, if it were asked.
        for (let i = 0; i < 100; i++) {
          await assert.rejects(client.provision(alice, ['cam']), { code: 'ERR_STORE_UNAVAILABLE' });
        }
        relay.silence(false);
        relay.cut();
        await until(() => canAll(client));
        assert.equal((await client.provision(alice, ['cam'])).length, 1);
        assert.equal(
          (await client.listDevices(alice, { limit: 10 })).items.length,
          1,
          'none of those was made',
        );
      } finally {
        await client.close();
        await host.stop(5_000);
        await relay.close();
      }
    }));

  test('D9: a database that was made anew, empty, is not taken for ours: calls say what to do, and a start makes its tables', () =>
    withDatabase(async (database) => {
      const location = { dataDir, databaseUrl: database.url };
      const client = new StoreClient();
      const host = await startStoreProcess(client, location);
      const died = host.exited.then(() => assert.fail('the process of the store ended'));
      died.catch(() => {});
      await client.ensureUser(ISSUER, 'alice');
      await database.makeAnew();
      await until(() => client.state.reads?.code === 'ERR_STORE_ACCESS');
      const said = /holds not the data that was there: restore it from a backup, or restart this process/;
      await assert.rejects(client.ensureUser(ISSUER, 'alice'), { code: 'ERR_STORE_ACCESS', message: said });
      await (await openStore(location)).close();
      await until(() => canAll(client));
      await client.ensureUser(ISSUER, 'alice');
      await client.close();
      await host.stop(5_000);
    }));
});
