import { StoreError } from './errors.js';
import type { Clock } from './ids.js';
import { type Migration, SQLITE_TABLES } from './migrations.js';
import type { Database } from './sqlite.js';
import { statement } from './statement.js';

/**
 * Brings the database to the version that this software knows. Each migration is one transaction that holds the
 * write lock and looks at the version again inside it, so processes that start together apply each of them once.
 * @throws StoreError ERR_STORE_NEWER when the database has seen migrations that this software does not know.
 */
export function migrate(db: Database, migrations: readonly Migration[], file: string, clock: Clock): void {
  while (versionOf(db, migrations.length, file) < migrations.length) {
    db.exec('BEGIN IMMEDIATE');
    try {
      applyNext(db, migrations, file, clock());
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}

function applyNext(db: Database, migrations: readonly Migration[], file: string, now: number): void {
  db.exec(`CREATE TABLE IF NOT EXISTS schema_migrations (
    version ${SQLITE_TABLES.bigint} PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at ${SQLITE_TABLES.bigint} NOT NULL
  ) ${SQLITE_TABLES.options}`);
  const version = versionOf(db, migrations.length, file);
  const migration = migrations[version];
  if (migration === undefined) return;
  for (const sql of migration.statements(SQLITE_TABLES)) db.exec(sql);
  statement<[number, string, number]>(
    db,
    'INSERT INTO schema_migrations (version, name, applied_at) VALUES (?, ?, ?)',
  ).run(version + 1, migration.name, now);
}

function versionOf(db: Database, known: number, file: string): number {
  const table = statement<[], { name: string }>(
    db,
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'",
  ).get();
  if (table === undefined) return 0;
  const row = statement<[], { version: number | null }>(
    db,
    'SELECT MAX(version) AS version FROM schema_migrations',
  ).get();
  const version = row?.version ?? 0;
  if (version <= known) return version;
  throw new StoreError(
    'ERR_STORE_NEWER',
    `${file} holds data of a newer version (schema ${version}, this version knows ${known}): use that version or newer`,
  );
}
