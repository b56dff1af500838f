import type { Database } from './sqlite.js';

/** What a parameter can be. */
export type SqlValue = string | number | null;

/** A prepared statement with the types of its parameters and of a row, which the SQL beside it must agree with. */
export interface Statement<Params extends readonly SqlValue[], Row = never> {
  /** The first row. */
  get(...params: Params): Row | undefined;
  all(...params: Params): Row[];
  /** How many rows were changed. */
  run(...params: Params): number;
}

export function statement<Params extends readonly SqlValue[], Row = never>(
  db: Database,
  sql: string,
): Statement<Params, Row> {
  const prepared = db.prepare(sql);
  return {
    get: (...params) => prepared.get(...params),
    all: (...params) => prepared.all(...params),
    run: (...params) => Number(prepared.run(...params).changes),
  };
}
