import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStore } from '../../../src/store/open-store.js';
import type { Store } from '../../../src/store/ports/store.js';
import { closeDatabase, databaseFile, openDatabase } from '../../../src/store/sqlite/sqlite.js';
import { withTempDir } from '../temp-dir.js';

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

test('a data directory that is missing or empty is made private, and so are the files', () =>
  withTempDir(async (dir) => {
    const made = join(dir, 'a', 'b');
    const empty = join(dir, 'empty');
    await mkdir(empty, { mode: 0o755 });
    for (const dataDir of [made, empty]) {
      const db = await openDatabase(dataDir);
      db.exec('CREATE TABLE t (id INTEGER) STRICT');
      assert.equal(await modeOf(dataDir), '700');
      for (const suffix of ['', '-wal', '-shm']) {
        assert.equal(await modeOf(databaseFile(dataDir) + suffix), '600', suffix);
      }
      db.close();
    }
  }));

test('data that was there before and is missing is an error, and nothing is made in its place', () =>
  withTempDir(async (dir) => {
    const gone = join(dir, 'gone');
    for (const dataDir of [gone, dir]) {
      await assert.rejects(openStore({ dataDir, migrated: true }), {
        code: 'ERR_STORE_ACCESS',
        message: `${databaseFile(dataDir)} is missing: put it back, restore it from a backup, or set VISIONA_DATA_DIR to where the data is`,
      });
    }
    assert.deepEqual(await readdir(dir), []);
  }));

test('D9: a file that is empty where data was is an error that says what to do, and is left as it is', () =>
  withTempDir(async (dataDir) => {
    closeDatabase(await openDatabase(dataDir));
    await assert.rejects(openStore({ dataDir, migrated: true }), {
      code: 'ERR_STORE_ACCESS',
      message:
        /visiona\.db holds not the data that was there: restore it from a backup, or restart this process/,
    });
    const db = await openDatabase(dataDir);
    assert.deepEqual(db.prepare('SELECT name FROM sqlite_master').all(), []);
    db.close();
  }));

test('D9: a file that was moved or replaced under a store is told, by reads and by writes, and nothing goes into it', () =>
  withTempDir(async (dir) => {
    for (const [what, ask] of [
      ['read', (store: Store) => store.lastChange()],
      ['write', (store: Store) => store.ensureUser('https://id.example', 'alice')],
    ] as const) {
      const dataDir = join(dir, what);
      const store = await openStore({ dataDir });
      await rename(databaseFile(dataDir), join(dir, `${what}.old`));
      await (await openStore({ dataDir: join(dir, `${what}-new`) })).close();
      await rename(databaseFile(join(dir, `${what}-new`)), databaseFile(dataDir));
      // Reads trust for a moment that it is the same.
      while (
        await ask(store).then(
          () => true,
          (error: Error & { code: string }) => error.code !== 'ERR_STORE_MOVED',
        )
      );
      await store.close();
    }
  }));

test('a directory with other things in it keeps its mode; the database in it is private', () =>
  withTempDir(async (dir) => {
    await writeFile(join(dir, 'other'), '');
    await chmod(dir, 0o755);
    await writeFile(databaseFile(dir), '', { mode: 0o644 });
    (await openDatabase(dir)).close();
    assert.equal(await modeOf(dir), '755');
    assert.equal(await modeOf(databaseFile(dir)), '600');
  }));

test('a connection is durable, checks foreign keys and hardly blocks for a lock', () =>
  withTempDir(async (dir) => {
    const db = await openDatabase(dir);
    assert.deepEqual({ ...db.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' });
    assert.deepEqual({ ...db.prepare('PRAGMA synchronous').get() }, { synchronous: 2 });
    assert.deepEqual({ ...db.prepare('PRAGMA foreign_keys').get() }, { foreign_keys: 1 });
    assert.deepEqual({ ...db.prepare('PRAGMA busy_timeout').get() }, { timeout: 5 });
    db.close();
  }));

test('SQLite is one without the WAL-reset bug', () =>
  withTempDir(async (dir) => {
    const db = await openDatabase(dir);
    const [major, minor, patch] = db.prepare('SELECT sqlite_version() AS v').get().v.split('.').map(Number);
    assert.ok(major * 1e6 + minor * 1e3 + patch >= 3_051_003, `${major}.${minor}.${patch}`);
    db.close();
  }));

test('after the close the one file has all of the data', () =>
  withTempDir(async (dir) => {
    const db = await openDatabase(dir);
    db.exec("CREATE TABLE t (name TEXT) STRICT; INSERT INTO t VALUES ('findable')");
    db.prepare('SELECT * FROM t').all();
    closeDatabase(db);
    assert.ok((await readFile(databaseFile(dir))).includes('findable'));
  }));

test('a file that is not a database is said to be one', () =>
  withTempDir(async (dataDir) => {
    await writeFile(databaseFile(dataDir), 'not a database'.repeat(1_000));
    await assert.rejects(openStore({ dataDir }), {
      code: 'ERR_STORE_CORRUPT',
      message: `${databaseFile(dataDir)} is damaged or is not a database: restore it from a backup`,
    });
  }));

test('a damaged database is said to be one', () =>
  withTempDir(async (dataDir) => {
    const store = await openStore({ dataDir });
    await store.ensureUser('https://id.example', 'alice');
    await store.close();
    const bytes = await readFile(databaseFile(dataDir));
    await writeFile(databaseFile(dataDir), bytes.fill(0xaa, 4_096));
    await assert.rejects(openStore({ dataDir }), { code: 'ERR_STORE_CORRUPT' });
  }));

for (const [what, make] of [
  ['a data directory that is a file', (dir: string) => writeFile(dir, '')],
  ['a database that is a directory', (dir: string) => mkdir(databaseFile(dir), { recursive: true })],
] as const) {
  test(`${what} cannot be opened, and the error says which`, () =>
    withTempDir(async (dir) => {
      const dataDir = join(dir, 'data');
      await make(dataDir);
      await assert.rejects(openStore({ dataDir }), (error: Error & { code: string }) => {
        assert.equal(error.code, 'ERR_STORE_ACCESS');
        assert.ok(error.message.startsWith(`${databaseFile(dataDir)} cannot be opened`), error.message);
        return true;
      });
    }));
}
