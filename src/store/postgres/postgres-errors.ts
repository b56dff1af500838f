// This file turns errors of PostgreSQL and its client into errors of the store.
import pg from 'pg';
import { OTHER_DATA, StoreError, StoreUnavailableError } from '../ports/errors.js';

/** serialization_failure, deadlock_detected: two transactions were in each other's way, and either may be tried again. */
const CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01']);

/** read_only_sql_transaction: the server is a standby, or a primary that takes no writes now. */
const READ_ONLY = ['25006'];

/** too_many_connections: the server, or the role, has as many connections as it may have. */
const NO_CONNECTION_LEFT = '53300';

/** feature_not_supported (cached plan must not change result type): a migration outdated a prepared statement. */
const OUT_OF_DATE = '0A000';

/** duplicate_prepared_statement, invalid_sql_statement_name: a pooler changed the session between two statements. */
const LOST_STATEMENTS: ReadonlySet<string> = new Set(['42P05', '26000']);

/** undefined_table, undefined_column: the tables differ from those that this process found at its start. */
const NO_TABLES = ['42P01', '42703'];

/**
 * SQLSTATEs, or classes of them, by which the server or this connection cannot serve now
 * (postgresql.org/docs/current/errcodes-appendix). They are compared last, as the other lists hold codes of the same classes.
 */
const UNAVAILABLE = ['08', '25P03', '53', '57', '58', 'XX', OUT_OF_DATE, ...LOST_STATEMENTS];
const NO_ACCESS = ['28', '3D000', '3F000', '42501'];
const GAVE_UP_WAITING = ['57014', '55P03', NO_CONNECTION_LEFT, ...CONFLICTS];
const FULL = ['53100', '54000'];
const CONFLICT = ['23'];
const INPUT = ['22'];

/** The SQLSTATE of an error that the server answered; undefined for an error that happened on the way to the server. */
function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** Whether two transactions were in each other's way, so that the call may be tried again. */
export function isConflict(error: unknown): boolean {
  return CONFLICTS.has(sqlState(error) ?? '');
}

/** Whether the server takes no writes. */
export function isReadOnly(error: unknown): boolean {
  return READ_ONLY.includes(sqlState(error) ?? '');
}

/** Whether a prepared statement is from before a migration. */
export function isOutOfDate(error: unknown): boolean {
  return sqlState(error) === OUT_OF_DATE;
}

/** Whether a pooler changed the session between two statements. */
export function losesStatements(error: unknown): boolean {
  return LOST_STATEMENTS.has(sqlState(error) ?? '');
}

/** Whether the server has no connection left. */
export function hasNoConnectionLeft(error: unknown): boolean {
  return sqlState(error) === NO_CONNECTION_LEFT;
}

/**
 * The {@link StoreError} for an error of the client or the server; a StoreError is returned as it is. The error is not kept as
 * `cause`, as its detail shows the values of rows.
 * @param database the name of the database in messages to the operator, without a password
 */
export function postgresError(error: unknown, database: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  const state = sqlState(error);
  if (state === undefined) return new StoreUnavailableError(`${database}: ${reasonOf(error)}`);
  const is = (those: readonly string[]) => those.some((start) => state.startsWith(start));
  const reason = `${error.message} (SQLSTATE ${state})`;
  if (is(NO_ACCESS)) return new StoreError('ERR_STORE_ACCESS', `${database} cannot be used: ${reason}`);
  if (is(READ_ONLY)) return new StoreError('ERR_STORE_READ_ONLY', `${database} takes no writes: ${reason}`);
  if (is(NO_TABLES)) return new StoreError('ERR_STORE_ACCESS', `${database} ${OTHER_DATA}: ${reason}`);
  if (is(GAVE_UP_WAITING)) return new StoreError('ERR_STORE_BUSY', `${database} is busy: ${reason}`);
  if (is(FULL)) return new StoreError('ERR_STORE_FULL', `${database} has no room: ${reason}`);
  if (is(CONFLICT)) return new StoreError('ERR_STORE_CONFLICT', `the data does not allow it: ${reason}`);
  if (is(INPUT)) return new StoreError('ERR_STORE_INPUT', `a value cannot be stored: ${reason}`);
  if (is(UNAVAILABLE)) return new StoreUnavailableError(`${database}: ${reason}`);
  return new Error(`${database}: ${reason}`);
}

/** The message of an error. If each address of a host was tried, the error has no message, and those of the tries are joined. */
function reasonOf(error: Error): string {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
}
