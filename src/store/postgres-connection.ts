import type pg from 'pg';
import { StoreError, StoreOutcomeUnknownError, StoreUnavailableError } from './errors.js';
import { isConflict, postgresError } from './postgres-errors.js';

/** One that is used by one call at a time. Where it is not known how it stands, it is not used again. */
export class Connection {
  readonly #client: pg.PoolClient;
  readonly #place: string;
  #broken = false;
  #conflicted = false;

  constructor(client: pg.PoolClient, place: string) {
    this.#client = client;
    this.#place = place;
    // Beside the statement that fails, a lost connection tells so itself.
    client.on('error', this.#lose);
  }

  /** A statement failed because another transaction was in the way: the whole is to be tried again. */
  get conflicted(): boolean {
    return this.#conflicted;
  }

  /** @throws StoreError, or an error of which nothing is known */
  async query(query: pg.QueryConfig): Promise<pg.QueryResult<object>> {
    try {
      return await this.#client.query<object>(query);
    } catch (error) {
      if (isConflict(error)) this.#conflicted = true;
      const said = postgresError(error, this.#place);
      // No server answered, and its answer may still be on the way, or this connection is no good to it.
      if (said instanceof StoreUnavailableError) this.#broken = true;
      throw said;
    }
  }

  /**
   * Ends the transaction. Until this is sent a transaction is undone whatever happens: the server never commits by itself.
   * @throws StoreError ERR_STORE_OUTCOME_UNKNOWN unless the server said that it is undone
   */
  async commit(): Promise<void> {
    try {
      await this.query({ text: 'COMMIT' });
    } catch (error) {
      if (this.#conflicted || !(error instanceof StoreError) || error.code === 'ERR_STORE_CONFLICT')
        throw error;
      this.#broken = true;
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
  }

  readonly #lose = (): void => {
    this.#broken = true;
  };
}

/** Statements by their text: the server keeps what it has prepared under a name. */
export class NamedStatements {
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
