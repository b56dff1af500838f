/** How long it is believed, in ms, that connections that are made now cannot write either. */
const BELIEVED_MS = 250;

/**
 * Knows whether new connections to a database can write, where an older one cannot: it was made before a failover, or the
 * database takes no writes. Asked over a connection of its own, one at a time and now and then, whoever wants to write.
 */
export class PostgresWrites {
  readonly #probe: () => Promise<boolean | undefined>;
  #probing: Promise<boolean | undefined> | undefined;
  #refusedAt = Number.NEGATIVE_INFINITY;

  /** @param probe undefined: it could not be asked */
  constructor(probe: () => Promise<boolean | undefined>) {
    this.#probe = probe;
  }

  /** Undefined: nobody knows. */
  async arePossible(): Promise<boolean | undefined> {
    if (performance.now() - this.#refusedAt < BELIEVED_MS) return false;
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
