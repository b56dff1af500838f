import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../../src/store/migrate.js';
import { MIGRATIONS, type Migration } from '../../src/store/migrations.js';
import { openDatabase } from '../../src/store/sqlite.js';
import { openStore } from '../../src/store/sqlite-store.js';
import { withTempDir } from './temp-dir.js';

const table = (name: string): Migration => ({
  name,
  statements: ({ bigint, options }) => [`CREATE TABLE ${name} (id ${bigint}) ${options}`],
});

const clock = () => 1_234;

test('only the migrations that a database has not seen are applied', () =>
  withTempDir(async (dir) => {
    const db = await openDatabase(dir);
    migrate(db, [table('a')], 'f', clock);
    migrate(db, [table('a'), table('b'), table('c')], 'f', clock);
    const rows = db.prepare('SELECT version, name, applied_at FROM schema_migrations ORDER BY version').all();
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [
        { version: 1, name: 'a', applied_at: 1_234 },
        { version: 2, name: 'b', applied_at: 1_234 },
        { version: 3, name: 'c', applied_at: 1_234 },
      ],
    );
    db.close();
  }));

test('a migration that fails leaves nothing behind, and those before it stay', () =>
  withTempDir(async (dir) => {
    const db = await openDatabase(dir);
    const broken: Migration = {
      name: 'broken',
      statements: () => ['CREATE TABLE half (id INTEGER)', 'NONSENSE'],
    };
    assert.throws(() => migrate(db, [table('a'), broken], 'f', clock), /NONSENSE/);
    assert.equal(db.isTransaction, false);
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    assert.deepEqual(
      tables.map((row) => row.name),
      ['a', 'schema_migrations'],
    );
    db.close();
  }));

test('data of a newer version is refused, and says what to do', () =>
  withTempDir(async (dataDir) => {
    const db = await openDatabase(dataDir);
    migrate(db, [...MIGRATIONS, table('from_the_future')], 'f', clock);
    db.close();
    await assert.rejects(openStore({ dataDir }), {
      code: 'ERR_STORE_NEWER',
      message: /data of a newer version \(schema \d+, this version knows \d+\): use that version or newer$/,
    });
  }));

test('the landed migrations apply to an empty database', () =>
  withTempDir(async (dir) => {
    const db = await openDatabase(dir);
    migrate(db, MIGRATIONS, 'f', clock);
    const strict = db
      .prepare(
        "SELECT count(*) AS n FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
      )
      .get();
    assert.equal(strict.n, 0, 'every table is STRICT');
    db.close();
  }));
