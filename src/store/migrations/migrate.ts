// A database is brought to the version of the tables that this software knows.
import type { Engine } from '../engine/engine.js';
import { one, run, type Transaction } from '../engine/engine.js';
import { StoreError } from '../ports/errors.js';
import type { WallClock } from '../ports/ids.js';
import type { Migration, TableDialect } from './migrations.js';

/** What differs between the databases when they are migrated. */
export interface MigrationDialect {
  readonly tables: TableDialect;
  /** A query that finds a row if there is a table of the name that is its parameter. */
  readonly findTable: string;
  /** The statements that a migration's transaction begins with, so that one process migrates at a time. */
  readonly begin: readonly string[];
}

export interface MigrateOptions {
  readonly dialect: MigrationDialect;
  readonly migrations: readonly Migration[];
  /** What the operator is told that the database is. */
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
 * As {@link migrate}, where data must be there: an empty database stays empty.
 * @param empty what the operator is told of an empty one; a sentence after its name
 * @throws StoreError ERR_STORE_ACCESS
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
