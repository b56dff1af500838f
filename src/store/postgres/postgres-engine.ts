// PostgresEngine runs transactions on PostgreSQL.
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../engine/engine.js';
import { one, type Transaction } from '../engine/engine.js';
import type { MigrationDialect } from '../migrations/migrate.js';
import { StoreError } from '../ports/errors.js';
import type { Connection } from './postgres-connection.js';
import { PostgresPool, type PostgresPoolOptions } from './postgres-pool.js';

/** The key of the advisory lock of migrations: a number that other software of the same database is unlikely to use. */
const MIGRATION_LOCK = 0x7669_7369;

/** How migrations speak to PostgreSQL. */
export const POSTGRES: MigrationDialect = {
  tables: { bigint: 'BIGINT', text: 'TEXT COLLATE "C"', options: '' },
  findTable: 'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?',
  begin: [`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`],
};

/** The most calls under way or waiting for a connection; more are refused with ERR_STORE_BUSY. */
const MAX_CALLS = 16_384;

/** How often a call is tried if another transaction undid its own, or its connection was no good. */
const MAX_ATTEMPTS = 5;

/** The longest pause before a call is tried again, in ms. */
const MAX_PAUSE_MS = 50;

/** Opens an engine on the PostgreSQL database of a URL. @throws StoreError if the URL is not valid */
export function openPostgres(options: PostgresPoolOptions): Engine {
  return new PostgresEngine(new PostgresPool(options));
}

/**
 * The engine on PostgreSQL. A write is a transaction. So is a read, unless the connection has a session of its own, where each
 * statement stands by itself. Both see what is committed when a statement begins (READ COMMITTED).
 */
class PostgresEngine implements Engine {
  readonly #pool: PostgresPool;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  read<Result>(work: () => Transaction<Result>): Promise<Result> {
    return this.#call(async (connection) => {
      if (connection.isOwn) return perform(connection, work());
      await connection.begin();
      try {
        return await perform(connection, work());
      } finally {
        await connection.rollBack();
      }
    });
  }

  write<Result>(work: () => Transaction<Result>): Promise<Result> {
    return this.#call((connection) => transaction(connection, work));
  }

  *time(): Transaction<number> {
    // The statement does not use `now()`: that is when the transaction began, and it may have waited for locks since.
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

  async #call<Result>(body: (connection: Connection) => Promise<Result>): Promise<Result> {
    if (this.#closed !== undefined) throw new StoreError('ERR_STORE_CLOSED', 'the store is closed');
    if (this.#underWay.size >= MAX_CALLS) {
      throw new StoreError('ERR_STORE_BUSY', `${MAX_CALLS} calls are under way already`);
    }
    const call = this.#attempt(body, MAX_ATTEMPTS);
    this.#underWay.add(call);
    try {
      return await call;
    } finally {
      this.#underWay.delete(call);
    }
  }

  async #attempt<Result>(
    body: (connection: Connection) => Promise<Result>,
    attempts: number,
  ): Promise<Result> {
    const connection = await this.#pool.acquire();
    let again: 'later' | 'elsewhere' | undefined;
    try {
      return await body(connection);
    } catch (error) {
      again = attempts > 1 ? await connection.again() : undefined;
      if (again === undefined) throw error;
    } finally {
      connection.release();
    }
    if (again === 'later') await delay(Math.random() * MAX_PAUSE_MS);
    return this.#attempt(body, attempts - 1);
  }
}

async function transaction<Result>(connection: Connection, work: () => Transaction<Result>): Promise<Result> {
  await connection.begin();
  let result: Result;
  try {
    result = await perform(connection, work());
  } catch (error) {
    await connection.rollBack();
    throw error;
  }
  await connection.commit();
  return result;
}

async function perform<Result>(connection: Connection, work: Transaction<Result>): Promise<Result> {
  let step = work.next();
  while (!step.done) step = work.next(await connection.query(step.value));
  return step.value;
}
