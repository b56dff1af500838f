// Clients of a PostgreSQL database are made here, with their limits, and questions are asked over a connection apart.
import pg from 'pg';
import { StoreError, StoreUnavailableError } from '../ports/errors.js';
import { postgresError } from './postgres-errors.js';

/** How long a connection, new or free, is waited for, in ms. */
export const DATABASE_CONNECT_MS = 5_000;

/** How long the answer to a statement may take, in ms: longer than the server may work on it, so only where the network is gone. */
const ANSWER_MS = 7_000;

/** How long a probe may take to connect, and then to be answered, in ms. */
const PROBE_MS = 2_000;

/** Limits that the server keeps for calls, in ms. */
export const CALL_LIMITS = {
  /** How long the server may work on a statement, waiting for locks included. */
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

export interface ClientPoolOptions {
  readonly url: string;
  readonly max: number;
  /** How long answers may take. `migration`: as long as they take. */
  readonly patience: 'call' | 'migration';
  /** Readies a connection that is new. */
  readonly onConnect: (client: pg.ClientBase) => Promise<void>;
}

/**
 * Clients of the database of a `postgres://` URL; the first is made when it is needed.
 * @throws StoreError where the URL is not understood; the message shows no part of the URL
 */
export function clientPool({ url, max, patience, onConnect }: ClientPoolOptions): pg.Pool {
  try {
    // A client reads the URL at once; the pool would only at its first connection.
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

/** Asks the database something over a connection apart. Undefined: it answered, whatever it said. */
export async function probe(url: string): Promise<StoreUnavailableError | undefined> {
  try {
    await askApart(url, 'SELECT 1');
    return undefined;
  } catch (error) {
    const said = postgresError(error, databaseAt(url));
    return said instanceof StoreUnavailableError ? said : undefined;
  }
}

/** Whether a connection that is made now can write. Undefined: the database could not be asked. */
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
  // The question rejects with the same error.
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<Row>(text)).rows;
  } finally {
    void client.end();
  }
}

/** The database of a URL, for the operator; without the password. */
export function databaseAt(url: string): string {
  const { host, pathname } = new URL(url);
  return `the PostgreSQL database "${pathname.slice(1)}" at ${host || 'localhost'}`;
}
