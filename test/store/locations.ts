// `testEach` runs a test on SQLite and on PostgreSQL.
import { test } from 'node:test';
import type { StoreLocation } from '../../src/store/location.js';
import { openDatabase } from '../../src/store/sqlite/sqlite.js';
import { NO_POSTGRES, sql, TestSchema } from '../support/postgres.js';
import { withTempDir } from './temp-dir.js';

/** Where a store can be, with no data yet. */
export interface TestLocation {
  readonly location: StoreLocation;
  /** How many rows a table has. */
  rows(table: string): Promise<number>;
}

function onSqlite(body: (at: TestLocation) => Promise<void>): Promise<void> {
  return withTempDir((dataDir) => {
    const rows = async (table: string) => {
      const db = await openDatabase(dataDir);
      const { count } = db.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number };
      db.close();
      return count;
    };
    return body({ location: { dataDir }, rows });
  });
}

async function onPostgres(body: (at: TestLocation) => Promise<void>): Promise<void> {
  const schema = await TestSchema.create();
  const rows = async (table: string) => {
    const [row] = await sql<{ count: string }>(`SELECT count(*) AS count FROM ${schema.name}.${table}`);
    return Number(row?.count);
  };
  try {
    await body({ location: { dataDir: '/nonexistent', databaseUrl: schema.url }, rows });
  } finally {
    await schema.drop();
  }
}

/** A test of each kind of store. */
export function testEach(what: string, body: (at: TestLocation) => Promise<void>): void {
  test(`SQLite: ${what}`, () => onSqlite(body));
  test(`PostgreSQL: ${what}`, { skip: NO_POSTGRES }, () => onPostgres(body));
}
