import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Engine } from './engine.js';
import { StoreError } from './errors.js';
import type { MigrationDialect } from './migrate.js';
import { type Connections, connectionsTo } from './postgres.js';
import { Connection, NamedStatements } from './postgres-connection.js';
import { postgresError } from './postgres-errors.js';
import { type Answer, one, type Query, type Work } from './query.js';

/** Any number that no other software of the same database is likely to lock. */
const MIGRATION_LOCK = 0x7669_7369;

export const POSTGRES: MigrationDialect = {
  tables: { bigint: 'BIGINT', text: 'TEXT COLLATE "C"', options: '' },
  findTable: 'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?',
  begin: [`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`],
};

/** Calls under way or waiting for a connection; more are refused with ERR_STORE_BUSY. */
const MAX_CALLS = 16_384;

/** How often a transaction is tried that another one was in the way of. */
const MAX_ATTEMPTS = 5;

/** The longest pause before it is tried again, in ms. */
const MAX_PAUSE_MS = 50;

/** @param patience for calls, or for migrations @throws StoreError where the URL is not understood */
export function openPostgres(url: string, patience: 'call' | 'migration'): Engine {
  return new PostgresEngine(connectionsTo(url, patience));
}

/**
 * A pool of connections to PostgreSQL. Reads are statements by themselves, writes are transactions; both see what is
 * committed when a statement begins (READ COMMITTED).
 */
class PostgresEngine implements Engine {
  readonly #pool: pg.Pool;
  readonly #place: string;
  readonly #statements = new NamedStatements();
  readonly #underWay = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor({ pool, place }: Connections) {
    this.#pool = pool;
    this.#place = place;
  }

  read<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#call(() => this.#onConnection((connection) => this.#perform(connection, work())));
  }

  write<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#call(() => this.#attempt(work, MAX_ATTEMPTS));
  }

  *time(): Work<number> {
    // The time of now, not of the begin of the transaction, which may have waited.
    const row = yield* one<{ now: number }>(
      'SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now',
    );
    if (row === undefined) throw new Error('the database did not say the time');
    return row.now;
  }

  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underWay).then(() => this.#pool.end());
    return this.#closed;
  }

  async #call<Result>(begin: () => Promise<Result>): Promise<Result> {
    if (this.#closed !== undefined) throw new StoreError('ERR_STORE_CLOSED', 'the store is closed');
    if (this.#underWay.size >= MAX_CALLS) {
      throw new StoreError('ERR_STORE_BUSY', `${MAX_CALLS} calls are under way already`);
    }
    const call = begin();
    this.#underWay.add(call);
    try {
      return await call;
    } finally {
      this.#underWay.delete(call);
    }
  }

  async #attempt<Result>(work: () => Work<Result>, attempts: number): Promise<Result> {
    let conflicted = false;
    try {
      return await this.#onConnection(async (connection) => {
        try {
          return await this.#transaction(connection, work);
        } finally {
          conflicted = connection.conflicted;
        }
      });
    } catch (error) {
      if (!conflicted || attempts <= 1) throw error;
    }
    await delay(Math.random() * MAX_PAUSE_MS);
    return this.#attempt(work, attempts - 1);
  }

  async #onConnection<Result>(body: (connection: Connection) => Promise<Result>): Promise<Result> {
    const connection = new Connection(await this.#connect(), this.#place);
    try {
      return await body(connection);
    } finally {
      connection.release();
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw postgresError(error, this.#place);
    }
  }

  async #transaction<Result>(connection: Connection, work: () => Work<Result>): Promise<Result> {
    await connection.query({ text: 'BEGIN' });
    let result: Result;
    try {
      result = await this.#perform(connection, work());
    } catch (error) {
      await connection.rollBack();
      throw error;
    }
    await connection.commit();
    return result;
  }

  async #perform<Result>(connection: Connection, work: Work<Result>): Promise<Result> {
    let step = work.next();
    while (!step.done) step = work.next(await this.#answer(connection, step.value));
    return step.value;
  }

  async #answer(connection: Connection, { sql, params }: Query): Promise<Answer> {
    const { rows, rowCount } = await connection.query({ ...this.#statements.of(sql), values: [...params] });
    return { rows, changed: rowCount ?? 0 };
  }
}
