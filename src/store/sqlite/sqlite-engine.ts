// SqliteEngine runs transactions on SQLite.
import type { Engine, Query, QueryResult, Transaction } from '../engine/engine.js';
import type { MigrationDialect } from '../migrations/migrate.js';
import { StoreError } from '../ports/errors.js';
import { GroupCommit } from './group-commit.js';
import {
  closeDatabase,
  type Database,
  databaseFile,
  type IfMissing,
  LOCKED_MS,
  openDatabase,
  SameFile,
  unlockedPause,
} from './sqlite.js';
import { isLocked, storeError } from './sqlite-errors.js';

/** How migrations speak to SQLite. STRICT tables have only INTEGER, which is 64 bits wide. */
export const SQLITE: MigrationDialect = {
  tables: { bigint: 'INTEGER', text: 'TEXT', options: 'STRICT' },
  findTable: "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?",
  begin: [],
};

/**
 * Opens the embedded database of a data directory, in this process. Several processes may have it open.
 * @throws StoreError with one sentence for the operator.
 */
export async function openSqlite(dataDir: string, missing: IfMissing = 'make'): Promise<Engine> {
  return new SqliteEngine(await openDatabase(dataDir, missing), databaseFile(dataDir));
}

type Prepared = ReturnType<Database['prepare']>;

/** How long reads trust that the file is still the one that was opened, in ms. */
const SAME_MS = 250;

/**
 * One SQLite connection. Statements are synchronous and a transaction never spans a turn of the loop, so a read sees
 * committed data only.
 */
class SqliteEngine implements Engine {
  readonly #db: Database;
  readonly #file: string;
  readonly #commit: GroupCommit;
  readonly #same: SameFile;
  #seenAt = 0;
  #closed: Promise<void> | undefined;
  /** Prepared statements by their text. */
  readonly #prepared = new Map<string, Prepared>();

  constructor(db: Database, file: string) {
    this.#db = db;
    this.#file = file;
    this.#same = new SameFile(file);
    this.#commit = new GroupCommit(db, {
      mapError: (error) => storeError(error, file),
      now: () => performance.now(),
    });
  }

  async read<Result>(work: () => Transaction<Result>): Promise<Result> {
    const deadline = performance.now() + LOCKED_MS;
    for (;;) {
      if (!this.#db.isOpen) throw new StoreError('ERR_STORE_CLOSED', 'the store is closed');
      try {
        this.#assertSame(SAME_MS);
        return this.#perform(work());
      } catch (error) {
        if (!isLocked(error) || performance.now() > deadline) throw storeError(error, this.#file);
      }
      await unlockedPause();
    }
  }

  write<Result>(work: () => Transaction<Result>): Promise<Result> {
    return this.#commit.write(() => {
      this.#assertSame(0);
      return this.#perform(work());
    });
  }

  /** The time by the clock of the machine, which all processes of the file share. */
  // biome-ignore lint/correctness/useYield: the time needs no query
  *time(): Transaction<number> {
    return Date.now();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#commit.close();
    try {
      closeDatabase(this.#db);
    } catch (error) {
      throw storeError(error, this.#file);
    }
  }

  /** Checks that the file is the one that was opened. @param trustedMs how old an earlier check may be */
  #assertSame(trustedMs: number): void {
    const now = performance.now();
    if (now - this.#seenAt < trustedMs) return;
    this.#same.assert();
    this.#seenAt = now;
  }

  #perform<Result>(work: Transaction<Result>): Result {
    let step = work.next();
    while (!step.done) step = work.next(this.#answer(step.value));
    return step.value;
  }

  #answer({ sql, params, wants }: Query): QueryResult {
    const prepared = this.#prepare(sql);
    if (wants === 'rows') return { rows: prepared.all(...params), changed: 0 };
    return { rows: [], changed: Number(prepared.run(...params).changes) };
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#db.prepare(sql);
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}
