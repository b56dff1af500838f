import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pg from 'pg';
import { openStore } from '../../src/store/open-store.js';
import type { Store } from '../../src/store/ports.js';
import { StoreClient } from '../../src/store/store-client.js';
import { startStoreProcess } from '../../src/store/store-process.js';
import { BlackHole } from '../support/blackhole.js';
import { NO_POSTGRES, sql, TestSchema } from '../support/postgres.js';
import { sized } from '../support/sized.js';
import { Outcomes } from './outcomes.js';

const ROUNDS = sized(20, 500);
/** Each takes as long as an answer of the database is waited for. */
const SILENT_ROUNDS = sized(1, 20);
/** The most turns of the loop that the database works on unheard. */
const UNHEARD_TURNS = 40;

const dataDir = '/nonexistent';

describe('D1: PostgreSQL: every write is as its caller was told', { skip: NO_POSTGRES }, () => {
  let schema: TestSchema;
  let healthy: Store;
  before(async () => {
    schema = await TestSchema.create();
    healthy = await openStore({ dataDir, databaseUrl: schema.url });
  });
  after(async () => {
    await healthy.close();
    await schema.drop();
  });

  /** Where the store under test connects, under a name of its own. */
  function urlOf(port?: number): string {
    const url = new URL(schema.url);
    url.searchParams.set('application_name', schema.name);
    if (port !== undefined) url.host = `127.0.0.1:${port}`;
    return url.href;
  }

  function relayed(): Promise<BlackHole> {
    return BlackHole.start(Number(new URL(schema.url).port || 5432));
  }

  async function rounds(t: TestContext, count: number, store: Store, fault: () => Promise<void>) {
    const outcomes = new Outcomes();
    for (let round = 0; round < count; round += 1) {
      await outcomes.round(healthy, store, `${t.name}-${round}`, fault);
    }
    return outcomes;
  }

  /** Asserts that all is as it was told, once nobody works on it any more. */
  async function check(t: TestContext, outcomes: Outcomes): Promise<void> {
    t.diagnostic(JSON.stringify(outcomes.counts));
    assert.ok(Object.keys(outcomes.counts).length > 1, 'a fault met a write');
    const db = new pg.Client(schema.url);
    await db.connect();
    const rows = async (those: string) =>
      Number((await db.query<{ n: string }>(`SELECT count(*) AS n FROM ${those}`)).rows[0]?.n);
    try {
      while ((await rows(`pg_stat_activity WHERE application_name = '${schema.name}'`)) > 0);
      await outcomes.check(rows);
    } finally {
      await db.end();
    }
  }

  test(`in ${ROUNDS} kills of the store's process`, async (t) => {
    const client = new StoreClient();
    const place = { dataDir, databaseUrl: urlOf() };
    let host = await startStoreProcess(client, place);
    const outcomes = await rounds(t, ROUNDS, client, async () => {
      host.kill('test');
      await host.exited;
      host = await startStoreProcess(client, place);
    });
    await client.close();
    await host.stop(5_000);
    await check(t, outcomes);
  });

  test(`in ${ROUNDS} ends of all of its connections by the server`, async (t) => {
    const store = await openStore({ dataDir, databaseUrl: urlOf() });
    const outcomes = await rounds(t, ROUNDS, store, async () => {
      await sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '${schema.name}'`,
      );
    });
    await store.close();
    await check(t, outcomes);
  });

  test(`in ${ROUNDS} losses of the way back, and then of the connections`, async (t) => {
    const relay = await relayed();
    const store = await openStore({ dataDir, databaseUrl: urlOf(relay.port) });
    const outcomes = await rounds(t, ROUNDS, store, async () => {
      relay.hole('down');
      for (let turns = Math.random() * UNHEARD_TURNS; turns > 0; turns -= 1) await nextTurn();
      relay.cut();
    });
    await store.close();
    await relay.close();
    await check(t, outcomes);
  });

  test(`in ${SILENT_ROUNDS} times that the database is silent for longer than it is waited for`, async (t) => {
    const relay = await relayed();
    const client = new StoreClient();
    const host = await startStoreProcess(client, { dataDir, databaseUrl: urlOf(relay.port) });
    const outcomes = new Outcomes();
    for (let round = 0; round < SILENT_ROUNDS; round += 1) {
      await outcomes.round(healthy, client, `${t.name}-${round}`, async () => relay.hole('down'));
      relay.cut();
    }
    await client.close();
    await host.stop(15_000);
    await relay.close();
    await check(t, outcomes);
  });
});
