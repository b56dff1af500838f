// PostgresRounds are rounds of writes and faults over one database on PostgreSQL.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { openStore } from '../../src/store/open-store.js';
import type { Store } from '../../src/store/ports/store.js';
import { TestSchema } from '../support/postgres.js';
import { Outcomes } from './outcomes.js';

/** Rounds of writes over one database on PostgreSQL. */
export class PostgresRounds {
  readonly #schema: TestSchema;
  readonly #healthy: Store;
  readonly #outcomes = new Outcomes();

  private constructor(schema: TestSchema, healthy: Store) {
    this.#schema = schema;
    this.#healthy = healthy;
  }

  /** Its database is gone after the test. */
  static async start(t: TestContext): Promise<PostgresRounds> {
    const schema = await TestSchema.create();
    const healthy = await openStore({ dataDir: '/nonexistent', databaseUrl: schema.url });
    t.after(async () => {
      await healthy.close();
      await schema.drop();
    });
    return new PostgresRounds(schema, healthy);
  }

  /** The application name of the connections of the store under test. */
  get name(): string {
    return this.#schema.name;
  }

  get port(): number {
    return Number(new URL(this.#schema.url).port || 5432);
  }

  /** Where the store under test connects. @param port of a relay */
  urlAt(port: number): string {
    const url = new URL(this.#schema.url);
    url.searchParams.set('application_name', this.name);
    url.host = `127.0.0.1:${port}`;
    return url.href;
  }

  async run(count: number, store: Store, fault: () => Promise<void>, after?: () => void): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      await this.#outcomes.round(this.#healthy, store, `user-${round}`, fault);
      after?.();
    }
  }

  /** Asserts that all is as it was told, once nobody works on it any more. */
  async check(t: TestContext): Promise<void> {
    t.diagnostic(JSON.stringify(this.#outcomes.counts));
    assert.ok(Object.keys(this.#outcomes.counts).length > 1, 'a fault met a write');
    const db = new pg.Client(this.#schema.url);
    await db.connect();
    const rows = async (those: string) =>
      Number((await db.query<{ n: string }>(`SELECT count(*) AS n FROM ${those}`)).rows[0]?.n);
    try {
      while ((await rows(`pg_stat_activity WHERE application_name = '${this.name}'`)) > 0);
      await this.#outcomes.check(rows);
    } finally {
      await db.end();
    }
  }
}
