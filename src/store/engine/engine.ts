// A transaction of the store is a generator of SQL statements, and an engine is a database that runs transactions.
import { StoreError } from '../ports/errors.js';

/** The value of a parameter of a statement. */
export type SqlValue = string | number | null;

/** One statement, in SQL that both engines understand. */
export interface Query {
  /** The SQL, with a `?` for each parameter. Texts are constants: an engine keeps a prepared statement for each. */
  readonly sql: string;
  readonly params: readonly SqlValue[];
  readonly wants: 'rows' | 'count';
}

/** The answer to a {@link Query}. */
export interface QueryResult {
  readonly rows: readonly unknown[];
  /** How many rows the statement changed. */
  readonly changed: number;
}

/**
 * A transaction: a generator that yields a query, is resumed with its result, and returns the result of the whole. SQLite runs it
 * within one turn of the loop, PostgreSQL over many, so a transaction relies on neither. An engine may run a transaction anew, so
 * a transaction changes nothing but rows (ADR 17).
 */
export type Transaction<Result> = Generator<Query, Result, QueryResult>;

/** Runs a statement and returns its rows; `Row` must agree with the SQL. */
export function* all<Row>(sql: string, ...params: readonly SqlValue[]): Transaction<readonly Row[]> {
  const { rows } = yield { sql, params: checked(params), wants: 'rows' };
  return rows as readonly Row[];
}

/** Runs a statement and returns its first row; undefined: there is none. */
export function* one<Row>(sql: string, ...params: readonly SqlValue[]): Transaction<Row | undefined> {
  return (yield* all<Row>(sql, ...params))[0];
}

/** Runs a statement and returns how many rows it changed. */
export function* run(sql: string, ...params: readonly SqlValue[]): Transaction<number> {
  const { changed } = yield { sql, params: checked(params), wants: 'count' };
  return changed;
}

/**
 * Checks at run time that each parameter is a {@link SqlValue}: both bindings of SQLite take an object in front for named
 * parameters, and would bind the other values one column too early.
 */
function checked(params: readonly unknown[]): readonly SqlValue[] {
  for (const value of params) {
    if (typeof value === 'string' || typeof value === 'number' || value === null) continue;
    throw new StoreError(
      'ERR_STORE_INPUT',
      `a parameter is neither text nor a number nor null: ${typeof value}`,
    );
  }
  return params as readonly SqlValue[];
}

/** A database that runs the transactions of the store. */
export interface Engine {
  /** Runs `work`, which only reads, on committed data. */
  read<Result>(work: () => Transaction<Result>): Promise<Result>;
  /** Runs `work` in one transaction; resolves once the transaction is durable. An error that `work` throws undoes it. */
  write<Result>(work: () => Transaction<Result>): Promise<Result>;
  /** The time by the database's clock, which all its processes share, in milliseconds since 1970. Runs within a transaction. */
  time(): Transaction<number>;
  /** Finishes earlier calls; later calls reject with ERR_STORE_CLOSED. `close` may be repeated. */
  close(): Promise<void>;
}
