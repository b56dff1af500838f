import pg from 'pg';
import type { Query, QueryResult } from '../engine/engine.js';
import { StoreError, StoreOutcomeUnknownError, StoreUnavailableError } from '../ports/errors.js';
import { isConflict, isOutOfDate, isReadOnly, losesStatements, postgresError } from './postgres-errors.js';

/** Limits of a session or a transaction by their names, in ms. */
type Limits = Readonly<Record<string, number>>;

export interface ConnectionOptions {
  /** The database, for the operator. */
  readonly database: string;
  /** The session is this connection's alone; else it is another one in each transaction, with nothing that was set before. */
  readonly isOwn: boolean;
  /** It was there before the call that has it now. */
  readonly isUsed: boolean;
  /** What each transaction has to set where the session does not keep it. */
  readonly limits: Limits;
  /** The server answered a question. */
  readonly heard: (askedAt: number) => void;
  /** No server answers here any more. */
  readonly lost: () => void;
  /** All connections of this time are to be replaced. */
  readonly renew: () => void;
  /** Whether one that is made now can write, though this one cannot; undefined: nobody knows. */
  readonly canWriteElsewhere: () => Promise<boolean | undefined>;
  /** The session is not this connection's alone, though it looked so. */
  readonly share: () => void;
  readonly released: () => void;
}

/** @param verb `SET` for a session, `SET LOCAL` for a transaction */
export function limitsSql(verb: 'SET' | 'SET LOCAL', limits: Limits): string {
  return Object.entries(limits)
    .map(([name, ms]) => `${verb} ${name} = ${ms}`)
    .join('; ');
}

/** One that is used by one call at a time. Where it is not known how it stands, it is not used again. */
export class Connection {
  readonly #client: pg.PoolClient;
  readonly #options: ConnectionOptions;
  #broken = false;
  #again: 'later' | 'elsewhere' | 'if-writable' | undefined;

  constructor(client: pg.PoolClient, options: ConnectionOptions) {
    this.#client = client;
    this.#options = options;
    // Beside the statement that fails, a lost connection tells so itself.
    client.on('error', this.#lose);
  }

  /** See {@link ConnectionOptions.isOwn}. */
  get isOwn(): boolean {
    return this.#options.isOwn;
  }

  /**
   * A statement failed, nothing was done, and the whole is to be tried again: `later`, as another transaction was in the
   * way, or `elsewhere`, as this connection is no good.
   */
  async again(): Promise<'later' | 'elsewhere' | undefined> {
    if (this.#again !== 'if-writable') return this.#again;
    const canWrite = await this.#options.canWriteElsewhere();
    if (canWrite) this.#options.renew();
    // Where a question found no place, this makes one; a connection of a database that is read-only is as good as any.
    if (canWrite === undefined) this.#broken = true;
    return canWrite ? 'elsewhere' : undefined;
  }

  async begin(): Promise<void> {
    const limits = this.isOwn ? '' : limitsSql('SET LOCAL', this.#options.limits);
    await this.#ask({ text: `BEGIN; ${limits}` });
  }

  /** @throws StoreError, or an error of which nothing is known */
  async query({ sql, params }: Query): Promise<QueryResult> {
    const { name, text } = STATEMENTS.of(sql);
    const named = this.isOwn ? { name, text } : { text };
    const { rows, rowCount } = await this.#ask({ ...named, values: [...params] });
    return { rows, changed: rowCount ?? 0 };
  }

  /**
   * Ends the transaction. Until this is sent a transaction is undone whatever happens: the server never commits by itself.
   * @throws StoreError ERR_STORE_OUTCOME_UNKNOWN unless the server said that it is undone
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

  /** Undoes the transaction; where that cannot be said, the server does it when the connection ends. */
  async rollBack(): Promise<void> {
    if (this.#broken) return;
    try {
      await this.#client.query('ROLLBACK');
    } catch {
      this.#broken = true;
    }
  }

  /** Gives it back to its pool. */
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
      const said = postgresError(error, database);
      // No server answered, and its answer may still be on the way, or this connection is no good to it.
      if (said instanceof StoreUnavailableError) this.#broken = true;
      throw said;
    }
  }

  #judge(error: unknown): void {
    const { isUsed, isOwn, renew, share } = this.#options;
    if (isConflict(error)) this.#again = 'later';
    // Made before a failover, perhaps.
    if (isReadOnly(error) && isUsed) this.#again = 'if-writable';
    // Made before a migration: those that were made with it are no better.
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

/** Statements by their text: the server keeps what it has prepared under a name. */
class NamedStatements {
  readonly #known = new Map<string, { readonly name: string; readonly text: string }>();

  /** @param sql with `?` for each parameter, where the server has numbers */
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

/** They are the same on every connection. */
const STATEMENTS = new NamedStatements();
