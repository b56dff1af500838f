// A Connection is a connection to PostgreSQL that one call has; it tells its pool what each failure means for later calls.
import pg from 'pg';
import type { Query, QueryResult } from '../engine/engine.js';
import { StoreError, StoreOutcomeUnknownError, StoreUnavailableError } from '../ports/errors.js';
import { isConflict, isOutOfDate, isReadOnly, losesStatements, postgresError } from './postgres-errors.js';

/** Limits of a session or a transaction by their names, in ms. */
type Limits = Readonly<Record<string, number>>;

/** The facts that a connection gets from its pool, and the functions by which it reports to the pool. */
export interface ConnectionOptions {
  /** The name of the database in messages to the operator. */
  readonly database: string;
  /**
   * The session is this connection's alone. Otherwise a pooler gives each transaction another session, without earlier settings.
   */
  readonly isOwn: boolean;
  /** The connection was made before the call that has it now. */
  readonly isUsed: boolean;
  /** Limits that each transaction sets where the session does not keep them. */
  readonly limits: Limits;
  /** Is called when the server answered a question. @param askedAt when it was asked, by `performance.now` */
  readonly heard: (askedAt: number) => void;
  /** Is called when no server answers on this connection any more. */
  readonly lost: () => void;
  /** Asks the pool to replace all connections that are as old as this one. */
  readonly renew: () => void;
  /** Whether a new connection could write, though this one cannot; undefined: nobody knows. */
  readonly canWriteElsewhere: () => Promise<boolean | undefined>;
  /** Is called when the session turns out not to be this connection's alone. */
  readonly share: () => void;
  /** Is called when the call has given the connection back. */
  readonly released: () => void;
}

/** The statements that set limits. @param verb `SET` for a session, `SET LOCAL` for a transaction */
export function limitsSql(verb: 'SET' | 'SET LOCAL', limits: Limits): string {
  return Object.entries(limits)
    .map(([name, ms]) => `${verb} ${name} = ${ms}`)
    .join('; ');
}

/** A connection, lent to one call at a time. Once the state of its session is uncertain it is not used again. */
export class Connection {
  readonly #client: pg.PoolClient;
  readonly #options: ConnectionOptions;
  #broken = false;
  #again: 'later' | 'elsewhere' | 'if-writable' | undefined;

  constructor(client: pg.PoolClient, options: ConnectionOptions) {
    this.#client = client;
    this.#options = options;
    // A lost connection emits an error beside that of the statement that fails by it.
    client.on('error', this.#lose);
  }

  /** See {@link ConnectionOptions.isOwn}. */
  get isOwn(): boolean {
    return this.#options.isOwn;
  }

  /**
   * Whether a call that failed did nothing and may be tried again: `later`, as another transaction was in the way, or
   * `elsewhere`, as this connection is no good. Undefined: the call may not be tried again.
   */
  async again(): Promise<'later' | 'elsewhere' | undefined> {
    if (this.#again !== 'if-writable') return this.#again;
    const canWrite = await this.#options.canWriteElsewhere();
    if (canWrite) this.#options.renew();
    // The database had no connection left for the question. Breaking this connection makes room for one, and loses nothing: this
    // connection cannot write.
    if (canWrite === undefined) this.#broken = true;
    return canWrite ? 'elsewhere' : undefined;
  }

  async begin(): Promise<void> {
    const limits = this.isOwn ? '' : limitsSql('SET LOCAL', this.#options.limits);
    await this.#ask({ text: `BEGIN; ${limits}` });
  }

  /** Runs a statement. @throws StoreError, or an error whose meaning is unknown */
  async query({ sql, params }: Query): Promise<QueryResult> {
    const { name, text } = STATEMENTS.of(sql);
    const named = this.isOwn ? { name, text } : { text };
    const { rows, rowCount } = await this.#ask({ ...named, values: [...params] });
    return { rows, changed: rowCount ?? 0 };
  }

  /**
   * Ends the transaction. The server never commits by itself, so until COMMIT is sent any failure undoes the transaction.
   * @throws StoreError ERR_STORE_OUTCOME_UNKNOWN unless the server said that the transaction is undone
   */
  async commit(): Promise<void> {
    try {
      await this.#ask({ text: 'COMMIT' });
    } catch (error) {
      const isUndone =
        this.#again === 'later' || (error instanceof StoreError && error.code === 'ERR_STORE_CONFLICT');
      if (isUndone || !(error instanceof StoreError)) throw error;
      this.#broken = true;
      this.#again = undefined;
      throw new StoreOutcomeUnknownError(error.message);
    }
  }

  /** Undoes the transaction; where the server cannot be told, it undoes the transaction when the connection ends. */
  async rollBack(): Promise<void> {
    if (this.#broken) return;
    try {
      await this.#client.query('ROLLBACK');
    } catch {
      this.#broken = true;
    }
  }

  /** Gives the connection back to its pool. */
  release(): void {
    this.#client.off('error', this.#lose);
    this.#client.release(this.#broken);
    this.#options.released();
  }

  async #ask(query: pg.QueryConfig): Promise<pg.QueryResult<object>> {
    const { database, heard, lost } = this.#options;
    const askedAt = performance.now();
    try {
      const answer = await this.#client.query<object>(query);
      heard(askedAt);
      return answer;
    } catch (error) {
      if (error instanceof pg.DatabaseError) heard(askedAt);
      else lost();
      this.#judge(error);
      const storeError = postgresError(error, database);
      // The connection is broken: an answer may still come and would be taken for the next one, or the server ends the
      // connection.
      if (storeError instanceof StoreUnavailableError) this.#broken = true;
      throw storeError;
    }
  }

  #judge(error: unknown): void {
    const { isUsed, isOwn, renew, share } = this.#options;
    if (isConflict(error)) this.#again = 'later';
    // This connection may be from before a failover, so that its server is a standby now.
    if (isReadOnly(error) && isUsed) this.#again = 'if-writable';
    // This connection and those of its age prepared their statements before a migration.
    if (isOutOfDate(error)) {
      this.#broken = true;
      if (isUsed) {
        renew();
        this.#again = 'elsewhere';
      }
    }
    if (losesStatements(error) && isOwn) {
      share();
      this.#again = 'elsewhere';
    }
  }

  readonly #lose = (): void => {
    this.#broken = true;
    this.#options.lost();
  };
}

/** The names of statements: the server keeps each prepared statement under a name. */
class NamedStatements {
  readonly #known = new Map<string, { readonly name: string; readonly text: string }>();

  /**
   * The name and text of a statement for the server.
   * @param sql has a `?` for each parameter, where the server's text has numbers
   */
  of(sql: string): { readonly name: string; readonly text: string } {
    const known = this.#known.get(sql);
    if (known !== undefined) return known;
    let parameters = 0;
    const text = sql.replace(/\?/g, () => `$${++parameters}`);
    const statement = { name: `q${this.#known.size}`, text };
    this.#known.set(sql, statement);
    return statement;
  }
}

/** The statements of all connections: a statement has the same name on each of them. */
const STATEMENTS = new NamedStatements();
