import pg from 'pg';
import { StoreError } from './errors.js';

/** Transactions at once; with several processes, servers of a hundred connections have room for more of them. */
const MAX_CONNECTIONS = 10;

/** How long a connection, new or free, is waited for, in ms. */
const CONNECT_MS = 5_000;

/** How long the server may work on a statement, waiting for locks included, in ms. */
const STATEMENT_MS = 5_000;

/** How long the answer to a statement may take, in ms: more than the server has, so only where the network is gone. */
const ANSWER_MS = 7_000;

/** How long a transaction of a process that hangs may hold its locks, in ms. */
const IDLE_IN_TRANSACTION_MS = 10_000;

/** OID of int8. Every number of the store is a safe integer. */
const INT8 = 20;

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === INT8 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
};

/** Connections to a database. */
export interface Connections {
  readonly pool: pg.Pool;
  /** The database, for the operator; without a password. */
  readonly place: string;
}

/**
 * Connections to the database of a `postgres://` URL; the first is made when it is needed.
 * @param patience `migration`: one connection that waits for as long as it takes
 * @throws StoreError where the URL is not understood; it shows nothing of it
 */
export function connectionsTo(url: string, patience: 'call' | 'migration'): Connections {
  try {
    // Only this reads the URL: the pool does so at its first connection.
    new pg.Client(url);
    const pool = new pg.Pool({
      types,
      connectionString: url,
      application_name: 'visiona',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
      ...(patience === 'migration'
        ? { max: 1 }
        : {
            max: MAX_CONNECTIONS,
            statement_timeout: STATEMENT_MS,
            query_timeout: ANSWER_MS,
            idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
          }),
    });
    // An idle connection was lost. It is out of the pool by now, and who needs one makes a new one.
    pool.on('error', () => {});
    return { pool, place: databaseAt(url) };
  } catch {
    throw new StoreError(
      'ERR_STORE_ACCESS',
      'DATABASE_URL is not understood: write it like postgres://USER:PASSWORD@HOST/DATABASE',
    );
  }
}

/** The database of a URL, for the operator; without the password. */
export function databaseAt(url: string): string {
  const { host, pathname } = new URL(url);
  return `the PostgreSQL database "${pathname.slice(1)}" at ${host || 'localhost'}`;
}
