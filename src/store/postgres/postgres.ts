// This file makes clients of a PostgreSQL database, with their limits, and asks it questions over another connection.
import pg from 'pg';
import { StoreError, StoreUnavailableError } from '../ports/errors.js';
import { postgresError } from './postgres-errors.js';

/** How long a call waits for a connection, new or free, in ms. */
export const DATABASE_CONNECT_MS = 5_000;

/**
 * How long the answer to a statement may take, in ms: longer than the server may work on it, so it passes only if the network is
 * gone.
 */
const ANSWER_MS = 7_000;

/** How long a probe may take to connect, and then to get its answer, in ms. */
const PROBE_MS = 2_000;

/** Limits that the server enforces for calls, in ms. */
export const CALL_LIMITS = {
  /** How long the server may work on a statement, including its wait for locks. */
  statement_timeout: 5_000,
  /** How long a transaction of a process that hangs may hold its locks. */
  idle_in_transaction_session_timeout: 10_000,
} as const;

/** OID of int8. Every number of the store is a safe integer. */
const INT8 = 20;

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === INT8 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
};

/** The options that all connections to a database share. */
const options = (url: string) => ({
  types,
  connectionString: url,
  application_name: 'visiona',
  keepAlive: true,
});

/** The database of a pool of clients, and their limits. */
export interface ClientPoolOptions {
  readonly url: string;
  readonly max: number;
  /** How long answers may take. `migration`: as long as they take. */
  readonly patience: 'call' | 'migration';
  /** Prepares a new connection for use. */
  readonly onConnect: (client: pg.ClientBase) => Promise<void>;
}

/**
 * Makes a pool of clients of the database of a `postgres://` URL; the first client is made when it is needed.
 * @throws StoreError if the URL is not valid; the message shows no part of the URL
 */
export function clientPool({ url, max, patience, onConnect }: ClientPoolOptions): pg.Pool {
  try {
    // A client parses the URL at once; the pool would parse it only at its first connection.
    new pg.Client(url);
    const pool = new pg.Pool({
      ...options(url),
      connectionTimeoutMillis: DATABASE_CONNECT_MS,
      max,
      onConnect,
      ...(patience === 'call' && { query_timeout: ANSWER_MS }),
    });
    // An idle connection was lost. The pool has dropped it already, and the next call makes a new one.
    pool.on('error', () => {});
    return pool;
  } catch {
    throw new StoreError(
      'ERR_STORE_ACCESS',
      'DATABASE_URL is not understood: write it like postgres://USER:PASSWORD@HOST/DATABASE',
    );
  }
}

/** Asks the database something over another connection. Undefined: it answered, even with an error. */
export async function probe(url: string): Promise<StoreUnavailableError | undefined> {
  try {
    await askApart(url, 'SELECT 1');
    return undefined;
  } catch (error) {
    const storeError = postgresError(error, databaseAt(url));
    return storeError instanceof StoreUnavailableError ? storeError : undefined;
  }
}

/** Whether a new connection could write. Undefined: the database could not be asked. */
export async function probeWrites(url: string): Promise<boolean | undefined> {
  try {
    const [row] = await askApart<{ transaction_read_only: string }>(url, 'SHOW transaction_read_only');
    return row?.transaction_read_only === 'off';
  } catch {
    return undefined;
  }
}

async function askApart<Row extends object>(url: string, text: string): Promise<readonly Row[]> {
  const client = new pg.Client({
    ...options(url),
    connectionTimeoutMillis: PROBE_MS,
    query_timeout: PROBE_MS,
  });
  // The query rejects with the same error.
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<Row>(text)).rows;
  } finally {
    void client.end();
  }
}

/** The name of the database of a URL in messages to the operator; without the password. */
export function databaseAt(url: string): string {
  const { host, pathname } = new URL(url);
  return `the PostgreSQL database "${pathname.slice(1)}" at ${host || 'localhost'}`;
}
