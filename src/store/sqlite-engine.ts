import type { Engine } from './engine.js';
import { StoreError, storeError } from './errors.js';
import { GroupCommit } from './group-commit.js';
import type { MigrationDialect } from './migrate.js';
import type { Answer, Query, Work } from './query.js';
import { closeDatabase, type Database, databaseFile, type IfMissing, openDatabase } from './sqlite.js';

/** STRICT tables know INTEGER only, which is 64 bits wide. */
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

/**
 * One SQLite connection. Statements are synchronous and a transaction never spans a turn of the loop, so a read sees
 * committed data only.
 */
class SqliteEngine implements Engine {
  readonly #db: Database;
  readonly #file: string;
  readonly #commit: GroupCommit;
  /** By its text. */
  readonly #prepared = new Map<string, Prepared>();

  constructor(db: Database, file: string) {
    this.#db = db;
    this.#file = file;
    this.#commit = new GroupCommit(db, {
      mapError: (error) => storeError(error, file),
      now: () => performance.now(),
    });
  }

  async read<Result>(work: () => Work<Result>): Promise<Result> {
    if (!this.#db.isOpen) throw new StoreError('ERR_STORE_CLOSED', 'the store is closed');
    try {
      return this.#perform(work());
    } catch (error) {
      throw storeError(error, this.#file);
    }
  }

  write<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#commit.write(() => this.#perform(work()));
  }

  /** All its processes are on one machine. */
  // biome-ignore lint/correctness/useYield: nobody has to be asked
  *time(): Work<number> {
    return Date.now();
  }

  async close(): Promise<void> {
    if (!this.#db.isOpen) return;
    this.#commit.close();
    try {
      closeDatabase(this.#db);
    } catch (error) {
      throw storeError(error, this.#file);
    }
  }

  #perform<Result>(work: Work<Result>): Result {
    let step = work.next();
    while (!step.done) step = work.next(this.#answer(step.value));
    return step.value;
  }

  #answer({ sql, params, wants }: Query): Answer {
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
