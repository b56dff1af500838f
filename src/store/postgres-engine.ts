import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Engine } from './engine.js';
import { StoreError } from './errors.js';
import type { MigrationDialect } from './migrate.js';
import { type Connections, connectionsTo } from './postgres.js';
import { isConflict, postgresError, sqlState } from './postgres-errors.js';
import type { Answer, Query, Work } from './query.js';

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

/** A named statement: the server keeps what it has prepared for each name. */
interface Named {
  readonly name: string;
  readonly text: string;
}

/**
 * A pool of connections to PostgreSQL. Reads are statements by themselves, writes are transactions; both see what is
 * committed when a statement begins (READ COMMITTED). A connection of which it is not known how it stands is not used again.
 */
class PostgresEngine implements Engine {
  readonly #pool: pg.Pool;
  readonly #place: string;
  /** By its text. */
  readonly #named = new Map<string, Named>();
  readonly #underWay = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor({ pool, place }: Connections) {
    this.#pool = pool;
    this.#place = place;
  }

  read<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#call((client) => this.#perform(client, work()), 1);
  }

  write<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#call((client) => this.#transaction(client, work), MAX_ATTEMPTS);
  }

  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underWay).then(() => this.#pool.end());
    return this.#closed;
  }

  async #call<Result>(body: (client: pg.PoolClient) => Promise<Result>, attempts: number): Promise<Result> {
    if (this.#closed !== undefined) throw new StoreError('ERR_STORE_CLOSED', 'the store is closed');
    if (this.#underWay.size >= MAX_CALLS) {
      throw new StoreError('ERR_STORE_BUSY', `${MAX_CALLS} calls are under way already`);
    }
    const call = this.#attempt(body, attempts);
    this.#underWay.add(call);
    try {
      return await call;
    } catch (error) {
      throw postgresError(error, this.#place);
    } finally {
      this.#underWay.delete(call);
    }
  }

  async #attempt<Result>(
    body: (client: pg.PoolClient) => Promise<Result>,
    attempts: number,
  ): Promise<Result> {
    try {
      return await this.#onConnection(body);
    } catch (error) {
      if (attempts <= 1 || !isConflict(error)) throw error;
      await delay(Math.random() * MAX_PAUSE_MS);
      return this.#attempt(body, attempts - 1);
    }
  }

  async #onConnection<Result>(body: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    let lost = false;
    const lose = () => {
      lost = true;
    };
    // Beside the statement that fails, a lost connection tells so itself.
    client.on('error', lose);
    try {
      return await body(client);
    } catch (error) {
      // Whatever no server answered: the connection is gone, or may still have an answer on its way.
      if (sqlState(error) === undefined && !(error instanceof StoreError)) lost = true;
      throw error;
    } finally {
      client.off('error', lose);
      client.release(lost);
    }
  }

  async #transaction<Result>(client: pg.PoolClient, work: () => Work<Result>): Promise<Result> {
    await client.query('BEGIN');
    try {
      const result = await this.#perform(client, work());
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // Fails with the connection, of which `error` tells.
      await client.query('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  async #perform<Result>(client: pg.PoolClient, work: Work<Result>): Promise<Result> {
    let step = work.next();
    while (!step.done) step = work.next(await this.#answer(client, step.value));
    return step.value;
  }

  async #answer(client: pg.PoolClient, { sql, params }: Query): Promise<Answer> {
    const { rows, rowCount } = await client.query<object>({ ...this.#name(sql), values: [...params] });
    return { rows, changed: rowCount ?? 0 };
  }

  #name(sql: string): Named {
    const known = this.#named.get(sql);
    if (known !== undefined) return known;
    let parameters = 0;
    const text = sql.replace(/\?/g, () => `$${++parameters}`);
    const named = { name: `q${this.#named.size}`, text };
    this.#named.set(sql, named);
    return named;
  }
}
