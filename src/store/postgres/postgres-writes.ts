// PostgresWrites knows whether a new connection to PostgreSQL could write, where an older one cannot.
/** How long the answer "no" holds before the database is asked again, in ms. */
const REFUSED_MS = 250;

/**
 * Knows whether new connections to a database can write, where an older one cannot: either the older one was made before a
 * failover, or the database takes no writes. Any number of calls share one probe at a time.
 */
export class PostgresWrites {
  readonly #probe: () => Promise<boolean | undefined>;
  #probing: Promise<boolean | undefined> | undefined;
  #refusedAt = Number.NEGATIVE_INFINITY;

  /** @param probe whether a new connection can write; undefined: the database could not be asked */
  constructor(probe: () => Promise<boolean | undefined>) {
    this.#probe = probe;
  }

  /** Whether new connections can write. Undefined: nobody knows. */
  async arePossible(): Promise<boolean | undefined> {
    if (performance.now() - this.#refusedAt < REFUSED_MS) return false;
    this.#probing ??= this.#ask();
    return this.#probing;
  }

  async #ask(): Promise<boolean | undefined> {
    const possible = await this.#probe();
    if (possible !== true) this.#refusedAt = performance.now();
    this.#probing = undefined;
    return possible;
  }
}
