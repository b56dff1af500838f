// A migration run brings a database to the version of the tables that this software knows.
import type { Engine } from '../engine/engine.js';
import { one, run, type Transaction } from '../engine/engine.js';
import { StoreError } from '../ports/errors.js';
import type { WallClock } from '../ports/ids.js';
import type { Migration, TableDialect } from './migrations.js';

/** How the migration of one kind of database differs from that of another. */
export interface MigrationDialect {
  readonly tables: TableDialect;
  /** A query that finds a row if there is a table with the name in its parameter. */
  readonly findTable: string;
  /** The statements at the begin of a migration's transaction, so that one process migrates at a time. */
  readonly begin: readonly string[];
}

/** The database to migrate. */
export interface MigrateOptions {
  readonly dialect: MigrationDialect;
  readonly migrations: readonly Migration[];
  /** The name of the database in messages to the operator. */
  readonly database: string;
  readonly clock: WallClock;
}

/**
 * Brings the database to the version that this software knows. Each migration is one transaction that holds the
 * write lock and looks at the version again inside it, so processes that start together apply each of them once.
 * @throws StoreError ERR_STORE_NEWER when the database has seen migrations that this software does not know.
 */
export async function migrate(engine: Engine, options: MigrateOptions): Promise<void> {
  while ((await engine.read(() => versionOf(options))) < options.migrations.length) {
    await engine.write(() => applyNext(options));
  }
}

/**
 * Migrates as {@link migrate} does, but leaves an empty database empty and throws.
 * @param empty the rest of the sentence to the operator, after the database's name
 * @throws StoreError ERR_STORE_ACCESS where the database is empty
 */
export async function migrateFilled(engine: Engine, options: MigrateOptions, empty: string): Promise<void> {
  if ((await engine.read(() => versionOf(options))) === 0) {
    throw new StoreError('ERR_STORE_ACCESS', `${options.database} ${empty}`);
  }
  await migrate(engine, options);
}

function* applyNext(options: MigrateOptions): Transaction<void> {
  const { dialect, migrations, clock } = options;
  const { bigint, text, options: tableOptions } = dialect.tables;
  for (const sql of dialect.begin) yield* run(sql);
  yield* run(`CREATE TABLE IF NOT EXISTS schema_migrations (
    version ${bigint} PRIMARY KEY,
    name ${text} NOT NULL,
    applied_at ${bigint} NOT NULL
  ) ${tableOptions}`);
  const version = yield* versionOf(options);
  const migration = migrations[version];
  if (migration === undefined) return;
  for (const sql of migration.statements(dialect.tables)) yield* run(sql);
  yield* run(
    'INSERT INTO schema_migrations (version, name, applied_at) VALUES (?, ?, ?)',
    version + 1,
    migration.name,
    clock(),
  );
}

function* versionOf({ dialect, migrations, database }: MigrateOptions): Transaction<number> {
  if ((yield* one(dialect.findTable, 'schema_migrations')) === undefined) return 0;
  const row = yield* one<{ version: number | null }>('SELECT MAX(version) AS version FROM schema_migrations');
  const version = row?.version ?? 0;
  if (version <= migrations.length) return version;
  throw new StoreError(
    'ERR_STORE_NEWER',
    `${database} holds data of a newer version (schema ${version}, this version knows ${migrations.length}): use that version or newer`,
  );
}
