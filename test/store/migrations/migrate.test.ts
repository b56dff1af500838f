import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine } from '../../../src/store/engine/engine.js';
import { all, type SqlValue } from '../../../src/store/engine/engine.js';
import { migrate } from '../../../src/store/migrations/migrate.js';
import { MIGRATIONS, type Migration } from '../../../src/store/migrations/migrations.js';
import { openStore } from '../../../src/store/open-store.js';
import { openSqlite, SQLITE } from '../../../src/store/sqlite/sqlite-engine.js';
import { withTempDir } from '../temp-dir.js';

const table = (name: string): Migration => ({
  name,
  statements: ({ bigint, options }) => [`CREATE TABLE ${name} (id ${bigint}) ${options}`],
});

const apply = (engine: Engine, migrations: readonly Migration[]) =>
  migrate(engine, { dialect: SQLITE, migrations, database: 'f', clock: () => 1_234 });

const rows = async (engine: Engine, sql: string, ...params: SqlValue[]) => {
  const found = await engine.read(() => all<object>(sql, ...params));
  return found.map((row) => ({ ...row }));
};

const TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";

/** Runs `body` with an engine whose data is empty. */
const withEngine = (body: (engine: Engine) => Promise<void>) =>
  withTempDir(async (dir) => {
    const engine = await openSqlite(dir);
    try {
      await body(engine);
    } finally {
      await engine.close();
    }
  });

test('only the migrations that a database has not seen are applied', () =>
  withEngine(async (engine) => {
    await apply(engine, [table('a')]);
    await apply(engine, [table('a'), table('b'), table('c')]);
    assert.deepEqual(
      await rows(engine, 'SELECT version, name, applied_at FROM schema_migrations ORDER BY version'),
      [
        { version: 1, name: 'a', applied_at: 1_234 },
        { version: 2, name: 'b', applied_at: 1_234 },
        { version: 3, name: 'c', applied_at: 1_234 },
      ],
    );
  }));

test('a migration that fails leaves nothing behind, and those before it stay', () =>
  withEngine(async (engine) => {
    const broken: Migration = {
      name: 'broken',
      statements: () => ['CREATE TABLE half (id INTEGER)', 'NONSENSE'],
    };
    await assert.rejects(apply(engine, [table('a'), broken]), /NONSENSE/);
    assert.deepEqual(await rows(engine, TABLES), [{ name: 'a' }, { name: 'schema_migrations' }]);
  }));

test('data of a newer version is refused, and says what to do', () =>
  withTempDir(async (dataDir) => {
    const engine = await openSqlite(dataDir);
    await apply(engine, [...MIGRATIONS, table('from_the_future')]);
    await engine.close();
    await assert.rejects(openStore({ dataDir }), {
      code: 'ERR_STORE_NEWER',
      message: /data of a newer version \(schema \d+, this version knows \d+\): use that version or newer$/,
    });
  }));

test('the landed migrations apply to an empty database', () =>
  withEngine(async (engine) => {
    await apply(engine, MIGRATIONS);
    const loose = await rows(
      engine,
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
    );
    assert.deepEqual(loose, [], 'every table is STRICT');
  }));
