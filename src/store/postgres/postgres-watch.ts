// PostgresWatch knows whether a PostgreSQL database answers at all.
import { setTimeout as delay } from 'node:timers/promises';
import type { StoreUnavailableError } from '../ports/errors.js';

/** How long a database may answer nothing while questions wait, in ms, before the watch probes it. */
const SILENT_MS = 1_000;

/** How often the watch looks whether {@link SILENT_MS} is over, in ms. */
const LOOK_EVERY_MS = 500;

/** The pause between two probes of a database that is away, in ms. */
const PROBE_EVERY_MS = 250;

/** How the watch probes the database, and whom it tells. */
export interface PostgresWatchOptions {
  /** Asks the database something over another connection, in bounded time. Undefined: it answered, even with an error. */
  readonly probe: () => Promise<StoreUnavailableError | undefined>;
  /** Whether a call waits for an answer now. */
  readonly isAsked: () => boolean;
  /** Is called when the database is away from now on. */
  readonly lost: (why: StoreUnavailableError) => void;
}

/**
 * Knows whether a database answers: from its answers, and where those fail or do not come, from a probe beside them. While the
 * database is away one probe at a time looks for it, and calls fail at once.
 */
export class PostgresWatch {
  readonly #options: PostgresWatchOptions;
  readonly #timer: NodeJS.Timeout;
  /** When the newest question that the database has answered was asked. */
  #heardOf = performance.now();
  #probing = false;
  #stopped = false;
  #away: StoreUnavailableError | undefined;

  constructor(options: PostgresWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Why the database cannot be asked; undefined: the database answers, as far as the watch knows. */
  get away(): StoreUnavailableError | undefined {
    return this.#away;
  }

  /** Notes that the database answered a question. @param askedAt by `performance.now` */
  heard(askedAt: number): void {
    this.#heardOf = Math.max(this.#heardOf, askedAt);
  }

  /** Probes a database that did not answer, or that a connection was lost to. */
  suspect(): void {
    if (this.#probing || this.#stopped) return;
    this.#probing = true;
    void this.#probe();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    if (!this.#options.isAsked()) this.#heardOf = now;
    else if (now - this.#heardOf >= SILENT_MS) this.suspect();
  }

  async #probe(): Promise<void> {
    for (let failed = 0; !this.#stopped; failed += 1) {
      const askedAt = performance.now();
      const why = await this.#options.probe();
      // A probe may fail while calls are answered: a pooler may have no connection left for it.
      if (why === undefined || this.#heardOf > askedAt) {
        this.#away = undefined;
        this.heard(askedAt);
        break;
      }
      // A first probe that fails at once proves nothing: its connection alone may have been lost. A second failure does.
      const isSure = failed > 0 || performance.now() - askedAt >= SILENT_MS;
      if (isSure && this.#away === undefined) this.#options.lost(why);
      if (isSure) this.#away = why;
      await delay(PROBE_EVERY_MS, undefined, { ref: false });
    }
    this.#probing = false;
  }
}
