import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Where a database for tests may be. */
const SERVER = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/test';

/** Why there is no database; false: there is one. On a machine that only tests, one must be there. */
export const NO_POSTGRES: string | false = await withoutServer();

async function withoutServer(): Promise<string | false> {
  try {
    await sql('SELECT 1');
    return false;
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return `no PostgreSQL at ${new URL(SERVER).host}: set DATABASE_URL to run it`;
  }
}

/** Runs statements over a connection of their own. */
export async function sql<Row extends object>(...statements: string[]): Promise<Row[]> {
  const client = new pg.Client(SERVER);
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const statement of statements) rows = (await client.query<Row>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

/** A schema of its own: what is in it is seen by nobody else. */
export class TestSchema {
  readonly name: string;
  /** A URL whose connections work in it. */
  readonly url: string;

  private constructor(name: string, url: string) {
    this.name = name;
    this.url = url;
  }

  static async create(): Promise<TestSchema> {
    const name = `visiona_test_${randomBytes(8).toString('hex')}`;
    await sql(`CREATE SCHEMA ${name}`);
    const url = new URL(SERVER);
    url.searchParams.set('options', `-c search_path=${name}`);
    return new TestSchema(name, url.href);
  }

  /** Deletes the rows of all tables, as if no transaction had been. */
  async empty(): Promise<void> {
    const tables = await sql<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = '${this.name}'
         AND tablename NOT IN ('schema_migrations', 'counters')`,
    );
    if (tables.length === 0) return;
    await sql(
      `TRUNCATE ${tables.map(({ name }) => `${this.name}.${name}`).join(', ')}`,
      `UPDATE ${this.name}.counters SET value = 0`,
    );
  }

  async drop(): Promise<void> {
    await sql(`DROP SCHEMA ${this.name} CASCADE`);
  }
}
