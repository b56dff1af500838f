// This file gives tests schemas and databases of their own on a PostgreSQL server.
import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** The URL of the server for tests. */
const SERVER = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/test';

/** Why the tests have no database; false: they have one. A machine that only tests must have one. */
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

/** Runs statements over a new connection. */
export function sql<Row extends object>(...statements: string[]): Promise<Row[]> {
  return sqlAt<Row>(SERVER, ...statements);
}

/** Runs statements at a database over a new connection. */
export async function sqlAt<Row extends object>(url: string, ...statements: string[]): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const statement of statements) rows = (await client.query<Row>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

async function emptySchema(schema: string, url: string): Promise<void> {
  const tables = await sqlAt<{ name: string }>(
    url,
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = '${schema}'
       AND tablename NOT IN ('schema_migrations', 'counters')`,
  );
  if (tables.length === 0) return;
  await sqlAt(
    url,
    `TRUNCATE ${tables.map(({ name }) => `${schema}.${name}`).join(', ')}`,
    `UPDATE ${schema}.counters SET value = 0`,
  );
}

/** A schema that no other test sees. */
export class TestSchema {
  readonly name: string;
  /** A URL whose connections work in the schema. */
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

  /** Deletes the rows of all tables, as if there had been no transaction. */
  empty(): Promise<void> {
    return emptySchema(this.name, SERVER);
  }

  async drop(): Promise<void> {
    await sql(`DROP SCHEMA ${this.name} CASCADE`);
  }
}

/** A database of its own, with a user of its own whose connections can be limited. No search path leads to it. */
export class TestDatabase {
  readonly name: string;
  readonly url: string;

  private constructor(name: string, url: string) {
    this.name = name;
    this.url = url;
  }

  /** Creates a database. @param connections the most connections of its user; default: as many as the server has */
  static async create(connections = -1): Promise<TestDatabase> {
    const name = `visiona_test_${randomBytes(8).toString('hex')}`;
    await sql(
      `CREATE ROLE ${name} LOGIN CONNECTION LIMIT ${connections}`,
      `CREATE DATABASE ${name} OWNER ${name}`,
    );
    const url = new URL(SERVER);
    url.username = name;
    url.pathname = name;
    return new TestDatabase(name, url.href);
  }

  /** Deletes the rows of all tables, as if there had been no transaction. */
  empty(): Promise<void> {
    return emptySchema('public', this.url);
  }

  /** Sets whether transactions of new connections are read-only. */
  async readOnly(isReadOnly: boolean): Promise<void> {
    await sql(`ALTER ROLE ${this.name} SET default_transaction_read_only = ${isReadOnly}`);
  }

  /** The number of connections that its user has at the server now. */
  async connections(): Promise<number> {
    const [row] = await sql<{ n: string }>(
      `SELECT count(*) AS n FROM pg_stat_activity WHERE usename = '${this.name}'`,
    );
    return Number(row?.n);
  }

  /** Ends the connections of its user; new ones get the user's current settings. */
  async endConnections(): Promise<void> {
    await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${this.name}'`);
  }

  /** Deletes the database with its connections, and creates it empty. */
  async makeAnew(): Promise<void> {
    await sql(`DROP DATABASE ${this.name} WITH (FORCE)`);
    await sql(`CREATE DATABASE ${this.name} OWNER ${this.name}`);
  }

  async drop(): Promise<void> {
    await sql(`DROP DATABASE ${this.name} WITH (FORCE)`);
    await sql(`DROP ROLE ${this.name}`);
  }
}
