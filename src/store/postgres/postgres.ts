import pg from 'pg';
import { StoreError, StoreUnavailableError } from '../ports/errors.js';
import { postgresError } from './postgres-errors.js';

/** How long a connection, new or free, is waited for, in ms. */
export const DATABASE_CONNECT_MS = 5_000;

/** How long the answer to a statement may take, in ms: more than the server has, so only where the network is gone. */
const ANSWER_MS = 7_000;

/** How long a probe may take to connect, and then to be answered, in ms. */
const PROBE_MS = 2_000;

/** What a server that is waited for is asked to bound, in ms. */
export const CALL_LIMITS = {
  /** How long it may work on a statement, waiting for locks included. */
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

/** What of connections to the database of a URL does not depend on who makes them. */
const options = (url: string) => ({
  types,
  connectionString: url,
  application_name: 'visiona',
  keepAlive: true,
});

export interface ClientPoolOptions {
  readonly url: string;
  readonly max: number;
  /** `migration`: answers may take as long as they take. */
  readonly patience: 'call' | 'migration';
  /** Readies a connection that is new. */
  readonly onConnect: (client: pg.ClientBase) => Promise<void>;
}

/**
 * Clients of the database of a `postgres://` URL; the first is made when it is needed.
 * @throws StoreError where the URL is not understood; it shows nothing of it
 */
export function clientPool({ url, max, patience, onConnect }: ClientPoolOptions): pg.Pool {
  try {
    // Only this reads the URL: the pool does so at its first connection.
    new pg.Client(url);
    const pool = new pg.Pool({
      ...options(url),
      connectionTimeoutMillis: DATABASE_CONNECT_MS,
      max,
      onConnect,
      ...(patience === 'call' && { query_timeout: ANSWER_MS }),
    });
    // An idle connection was lost. It is out of the pool by now, and who needs one makes a new one.
    pool.on('error', () => {});
    return pool;
  } catch {
    throw new StoreError(
      'ERR_STORE_ACCESS',
      'DATABASE_URL is not understood: write it like postgres://USER:PASSWORD@HOST/DATABASE',
    );
  }
}

/** Asks a database something over a connection of its own. Undefined: it answered, whatever it was. */
export async function probe(url: string): Promise<StoreUnavailableError | undefined> {
  try {
    await askApart(url, 'SELECT 1');
    return undefined;
  } catch (error) {
    const said = postgresError(error, databaseAt(url));
    return said instanceof StoreUnavailableError ? said : undefined;
  }
}

/** Whether a connection that is made now can write. Undefined: it could not be asked. */
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
  // Told by the question too.
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
