import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoreError } from '../../../src/store/ports/errors.js';
import { GroupCommit, type GroupCommitOptions } from '../../../src/store/sqlite/group-commit.js';
import { type Database, openDatabase } from '../../../src/store/sqlite/sqlite.js';
import { storeError } from '../../../src/store/sqlite/sqlite-errors.js';
import { withTempDir } from '../temp-dir.js';

interface Bench {
  readonly db: Database;
  /** A second connection, which sees only what is committed. */
  readonly other: Database;
  readonly commit: GroupCommit;
  /** The statements about transactions. */
  readonly log: string[];
  insert(id: number): Promise<number>;
  /** What the other connection sees. */
  ids(): unknown[];
}

function bench(
  body: (bench: Bench) => Promise<void>,
  options: Partial<GroupCommitOptions> = {},
): Promise<void> {
  return withTempDir(async (dir) => {
    const [db, other] = [await openDatabase(dir), await openDatabase(dir)];
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, filler TEXT) STRICT');
    const mapError = (error: unknown) => storeError(error, 'the file');
    const log: string[] = [];
    const logged = {
      exec: (sql: string) => {
        log.push(sql);
        db.exec(sql);
      },
      get isTransaction() {
        return db.isTransaction;
      },
    };
    const commit = new GroupCommit(logged, { mapError, now: () => 0, ...options });
    const add = db.prepare('INSERT INTO t (id) VALUES (?)');
    const list = other.prepare('SELECT id FROM t ORDER BY id');
    const insert = (id: number) => commit.write(() => Number(add.run(id).changes));
    try {
      await body({ db, other, commit, log, insert, ids: () => list.all().map((row) => row.id) });
    } finally {
      db.close();
      other.close();
    }
  });
}

test('writes of a turn are in one transaction, acknowledged after its commit', () =>
  bench(async ({ log, insert, ids }) => {
    const seen: unknown[][] = [];
    await Promise.all([1, 2, 3].map((id) => insert(id).then(() => seen.push(ids()))));
    assert.deepEqual(
      log.filter((sql) => !sql.includes('one_write')),
      ['BEGIN IMMEDIATE', 'COMMIT'],
    );
    assert.deepEqual(seen, [
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
  }));

test('a write that fails undoes its own statements only', () =>
  bench(async ({ db, commit, insert, ids }) => {
    const add = db.prepare('INSERT INTO t (id) VALUES (?)');
    const failing = commit.write(() => {
      add.run(10);
      throw new RangeError('no');
    });
    const results = await Promise.allSettled([insert(1), failing, insert(1), insert(2)]);
    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    );
    await assert.rejects(failing, RangeError);
    assert.deepEqual(ids(), [1, 2]);
  }));

test('a full disk fails the whole transaction, and the store works again when there is room', () =>
  bench(async ({ db, commit, insert, ids }) => {
    await insert(1);
    const fill = db.prepare('INSERT INTO t (id, filler) VALUES (?, ?)');
    const { page_count: pages } = db.prepare('PRAGMA page_count').get();
    db.exec(`PRAGMA max_page_count = ${pages + 1}`);
    const big = commit.write(() => fill.run(3, 'x'.repeat(1_000_000)));
    for (const write of [insert(2), big, insert(4)]) {
      await assert.rejects(write, {
        code: 'ERR_STORE_FULL',
        message: 'the disk that holds the file is full',
      });
    }
    assert.deepEqual(ids(), [1]);
    db.exec('PRAGMA max_page_count = 100000');
    await insert(5);
    assert.deepEqual(ids(), [1, 5]);
  }));

/** A connection whose next COMMIT fails with this error of SQLite, before or after it is done. */
function failingCommit(db: Database, errcode: number, done: boolean) {
  let failing = true;
  return {
    exec: (sql: string) => {
      if (sql === 'COMMIT' && failing) {
        failing = false;
        db.exec(done ? 'COMMIT' : 'ROLLBACK');
        throw Object.assign(new Error('disk I/O error'), { errcode });
      }
      db.exec(sql);
    },
    get isTransaction() {
      return db.isTransaction;
    },
  };
}

for (const [what, errcode, done, code] of [
  ['an fsync failed', 10 | (4 << 8), true, 'ERR_STORE_OUTCOME_UNKNOWN'],
  ['an fsync failed', 10 | (4 << 8), false, 'ERR_STORE_OUTCOME_UNKNOWN'],
  ['the disk is full', 13, false, 'ERR_STORE_FULL'],
  ['it is locked', 5, false, 'ERR_STORE_BUSY'],
] as const) {
  test(`D1: a COMMIT that fails as ${what} is ${code} to its writes alone, those of the next one are done`, () =>
    bench(async ({ db, ids }) => {
      let ms = 0;
      const options = {
        mapError: (error: unknown) => storeError(error, 'the file'),
        now: () => (ms += 20),
      };
      const commit = new GroupCommit(failingCommit(db, errcode, done), options);
      const add = db.prepare('INSERT INTO t (id) VALUES (?)');
      const [first, second, third] = [1, 2, 3].map((id) => commit.write(() => add.run(id)));
      for (const write of [first, second]) {
        await assert.rejects(write!, (error: StoreError) => {
          assert.deepEqual([error.code, error.fatal], [code, code === 'ERR_STORE_OUTCOME_UNKNOWN']);
          return true;
        });
      }
      await third;
      assert.deepEqual(ids(), done ? [1, 2, 3] : [3]);
    }));
}

test('D5: a write that another process holds up is done when it lets go, and everything else goes on meanwhile', () =>
  bench(async ({ db, other, insert, ids }) => {
    other.exec('BEGIN IMMEDIATE');
    const held = insert(1);
    // It has been tried by then, more than once.
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(db.prepare('SELECT count(*) AS n FROM t').get().n, 0, 'a read beside it');
    other.exec('ROLLBACK');
    await Promise.all([held, insert(2)]);
    assert.deepEqual(ids(), [1, 2]);
  }));

test('D5: a write that was held up for too long is refused, and those that were not are done', () => {
  let ms = 0;
  return bench(
    async ({ other, insert, ids }) => {
      other.exec('BEGIN IMMEDIATE');
      const early = [insert(1), insert(2)];
      ms = 4_999;
      const late = insert(3);
      ms = 5_000;
      for (const write of early) await assert.rejects(write, { code: 'ERR_STORE_BUSY' });
      other.exec('ROLLBACK');
      await late;
      assert.deepEqual(ids(), [3]);
    },
    { now: () => ms },
  );
});

test('D5: a close waits for those that are held up, as long as they would', () => {
  let ms = 0;
  return bench(
    async ({ commit, other, insert }) => {
      other.exec('BEGIN IMMEDIATE');
      const held = assert.rejects(insert(1), { code: 'ERR_STORE_BUSY' });
      const closed = commit.close();
      await assert.rejects(insert(2), { code: 'ERR_STORE_CLOSED' });
      ms = 5_000;
      await Promise.all([held, closed]);
      other.exec('ROLLBACK');
    },
    { now: () => ms },
  );
});

test('more writes than may wait are refused, and the others are not', () =>
  bench(
    async ({ insert, ids }) => {
      const results = await Promise.allSettled([1, 2, 3].map(insert));
      assert.deepEqual(
        results.map((result) => (result.status === 'rejected' ? result.reason.code : result.value)),
        [1, 1, 'ERR_STORE_BUSY'],
      );
      await insert(3);
      assert.deepEqual(ids(), [1, 2, 3]);
    },
    { maxWaiting: 2 },
  ));

test('a long transaction is committed in parts, in order', () => {
  let ms = 0;
  return bench(
    async ({ insert, ids }) => {
      const seen: number[] = [];
      await Promise.all([1, 2, 3].map((id) => insert(id).then(() => seen.push(ids().length))));
      assert.deepEqual(seen, [1, 2, 3]);
    },
    {
      now: () => {
        ms += 100;
        return ms;
      },
    },
  );
});

test('writes made while others are acknowledged go into the next transaction', () =>
  bench(async ({ insert, ids }) => {
    await insert(1).then(() => insert(2));
    assert.deepEqual(ids(), [1, 2]);
  }));
