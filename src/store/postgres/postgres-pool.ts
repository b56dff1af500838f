// PostgresPool lends connections to one PostgreSQL database.
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { StoreUnavailableError } from '../ports/errors.js';
import { CALL_LIMITS, clientPool, DATABASE_CONNECT_MS, databaseAt, probe, probeWrites } from './postgres.js';
import { Connection, limitsSql } from './postgres-connection.js';
import { hasNoConnectionLeft, postgresError } from './postgres-errors.js';
import { PostgresWatch } from './postgres-watch.js';
import { PostgresWrites } from './postgres-writes.js';
import { Turns } from './turns.js';

/** How long after the server had no connection left the pool tries one more, in ms. */
const GROW_MS = 1_000;

/** How long a call pauses, in ms, while the server has no connection left and this process has none either. */
const NONE_LEFT_MS = 100;

/** The database of a pool, and its limits. */
export interface PostgresPoolOptions {
  readonly url: string;
  /** The most connections at once. */
  readonly max: number;
  /** How long statements may take. `migration`: as long as they take. */
  readonly patience: 'call' | 'migration';
}

/** The facts about the session behind a client, as far as the pool knows them. */
interface Session {
  /** The pool's age when the session was made. */
  readonly age: number;
  /** The session is the client's alone, for as long as the client lives. */
  readonly isOwn: boolean;
  /** A call has used the session before. */
  isUsed: boolean;
}

interface Lent {
  readonly client: pg.PoolClient;
  readonly session: Session;
}

/** Connections to one database, each lent to one call at a time. */
export class PostgresPool {
  readonly #url: string;
  readonly #database: string;
  readonly #patience: PostgresPoolOptions['patience'];
  readonly #clients: pg.Pool;
  readonly #turns: Turns;
  readonly #watch: PostgresWatch;
  readonly #writes: PostgresWrites;
  readonly #sessions = new WeakMap<pg.ClientBase, Session>();
  /** The number of times that all clients were replaced: a client of an earlier age is not used any more. */
  #age = 0;
  #lent = 0;
  /** A pooler changes the session behind a client, though the session looked like the client's own. */
  #shared = false;

  /** @throws StoreError if the URL is not valid */
  constructor({ url, max, patience }: PostgresPoolOptions) {
    this.#url = url;
    this.#patience = patience;
    this.#clients = clientPool({ url, max, patience, onConnect: (client) => this.#ready(client) });
    this.#database = databaseAt(url);
    this.#turns = new Turns(max, `the ${max} connections to ${this.#database}`, GROW_MS);
    this.#watch = new PostgresWatch({
      probe: () => probe(this.#url),
      isAsked: () => this.#lent > 0 || this.#turns.waiting > 0,
      lost: (why) => this.#turns.refuseAll(why),
    });
    this.#writes = new PostgresWrites(() => probeWrites(this.#url));
  }

  /**
   * Lends a connection, which the caller releases. Rejects while the database is away, and while it has no connection left for
   * too long; in both cases nothing was sent.
   * @throws StoreError
   */
  async acquire(): Promise<Connection> {
    const deadline = performance.now() + DATABASE_CONNECT_MS;
    for (;;) {
      if (this.#watch.away !== undefined) throw this.#watch.away;
      await this.#turns.take(deadline - performance.now());
      this.#lent += 1;
      try {
        return this.#lend(await this.#connect());
      } catch (error) {
        this.#giveBack();
        if (!hasNoConnectionLeft(error) || performance.now() >= deadline) throw this.#failed(error);
      }
      const { totalCount } = this.#clients;
      this.#turns.narrow(totalCount);
      if (totalCount === 0) await delay(NONE_LEFT_MS);
    }
  }

  /** Ends the connections, once all are released. */
  end(): Promise<void> {
    this.#watch.stop();
    return this.#clients.end();
  }

  /** Gets a client of the newest age. */
  async #connect(): Promise<Lent> {
    for (;;) {
      const client = await this.#clients.connect();
      const session = this.#sessions.get(client);
      if (session?.age === this.#age) return { client, session };
      client.release(true);
    }
  }

  #lend({ client, session }: Lent): Connection {
    const { isUsed } = session;
    session.isUsed = true;
    return new Connection(client, {
      database: this.#database,
      isOwn: session.isOwn && !this.#shared,
      isUsed,
      limits: this.#patience === 'call' ? CALL_LIMITS : {},
      heard: (askedAt) => this.#watch.heard(askedAt),
      lost: () => this.#watch.suspect(),
      renew: () => {
        if (session.age === this.#age) this.#age += 1;
      },
      canWriteElsewhere: () => this.#canWriteSince(session),
      share: () => {
        this.#shared = true;
      },
      released: () => this.#giveBack(),
    });
  }

  /**
   * Whether a connection newer than a session can write; undefined: nobody knows. If a newer age has begun, a connection of that
   * age is used without asking.
   */
  async #canWriteSince({ age }: Session): Promise<boolean | undefined> {
    return age !== this.#age || this.#writes.arePossible();
  }

  #giveBack(): void {
    this.#lent -= 1;
    this.#turns.give();
  }

  #failed(error: unknown): unknown {
    const storeError = postgresError(error, this.#database);
    if (storeError instanceof StoreUnavailableError) this.#watch.suspect();
    return storeError;
  }

  /**
   * Learns whether the session behind a new client is its own, and if so sets its limits. The limits are no startup parameters: a
   * pooler refuses those, or drops them silently (pgbouncer's ignore_startup_parameters). A pooler gives its own name where a
   * server gives the process of the session, and then the session may be another client's a moment later.
   */
  async #ready(client: pg.ClientBase): Promise<void> {
    const age = this.#age;
    const { processID } = client as { processID?: number | null };
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const isOwn = rows[0]?.pid === processID;
    if (isOwn && this.#patience === 'call') {
      await client.query(limitsSql('SET', CALL_LIMITS));
    }
    this.#sessions.set(client, { age, isOwn, isUsed: false });
  }
}
