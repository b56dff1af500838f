import { StoreError } from '../ports/errors.js';

/** What a parameter can be. */
export type SqlValue = string | number | null;

/** One statement, in SQL that both engines understand. */
export interface Query {
  /** With a `?` for each parameter. The texts are constants: engines keep a prepared statement for each. */
  readonly sql: string;
  readonly params: readonly SqlValue[];
  readonly wants: 'rows' | 'count';
}

/** What came of a query. */
export interface QueryResult {
  readonly rows: readonly unknown[];
  /** How many rows were changed. */
  readonly changed: number;
}

/**
 * What a transaction does: it gives out a query, is given the answer, and goes on. SQLite runs it within one turn of the
 * loop, PostgreSQL over many, and neither is known here. It may be run anew, so it changes nothing but rows.
 */
export type Transaction<Result> = Generator<Query, Result, QueryResult>;

/** Its rows; their type must agree with the SQL. */
export function* all<Row>(sql: string, ...params: readonly SqlValue[]): Transaction<readonly Row[]> {
  const { rows } = yield { sql, params: checked(params), wants: 'rows' };
  return rows as readonly Row[];
}

/** Its first row. */
export function* one<Row>(sql: string, ...params: readonly SqlValue[]): Transaction<Row | undefined> {
  return (yield* all<Row>(sql, ...params))[0];
}

/** How many rows it changed. */
export function* run(sql: string, ...params: readonly SqlValue[]): Transaction<number> {
  const { changed } = yield { sql, params: checked(params), wants: 'count' };
  return changed;
}

/** Both bindings of SQLite take an object at the front for named parameters: the others would be stored a place too early. */
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
