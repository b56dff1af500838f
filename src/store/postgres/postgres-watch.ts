import { setTimeout as delay } from 'node:timers/promises';
import type { StoreUnavailableError } from '../ports/errors.js';

/** A database that answered nothing for so long, in ms, while it was asked, is looked after. */
const SILENT_MS = 1_000;

/** How often that is looked at, in ms. */
const LOOK_EVERY_MS = 500;

/** The pause between two probes of a database that is away, in ms. */
const PROBE_EVERY_MS = 250;

export interface PostgresWatchOptions {
  /** Asks the database something over a way of its own, in bounded time; what it answers does not matter. */
  readonly probe: () => Promise<StoreUnavailableError | undefined>;
  /** Whether anybody waits for an answer now. */
  readonly isAsked: () => boolean;
  /** It is away from now on. */
  readonly lost: (why: StoreUnavailableError) => void;
}

/**
 * Knows whether a database answers: from its answers, and where those fail or do not come, from a probe beside them. While
 * it is away one probe at a time looks for it, and nobody else has to.
 */
export class PostgresWatch {
  readonly #options: PostgresWatchOptions;
  readonly #timer: NodeJS.Timeout;
  /** When the newest question was asked that has an answer. */
  #heardOf = performance.now();
  #probing = false;
  #stopped = false;
  #away: StoreUnavailableError | undefined;

  constructor(options: PostgresWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Why it cannot be asked; undefined: it is there, as far as anybody knows. */
  get away(): StoreUnavailableError | undefined {
    return this.#away;
  }

  /** It answered a question. @param askedAt by `performance.now` */
  heard(askedAt: number): void {
    this.#heardOf = Math.max(this.#heardOf, askedAt);
  }

  /** It did not answer, or a connection was lost: perhaps it is away. */
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
      // A probe may fail alone, where a pooler has no connection left for it.
      if (why === undefined || this.#heardOf > askedAt) {
        this.#away = undefined;
        this.heard(askedAt);
        break;
      }
      // One that was lost at once may be lost alone; whoever asks meanwhile hears as soon.
      const isSure = failed > 0 || performance.now() - askedAt >= SILENT_MS;
      if (isSure && this.#away === undefined) this.#options.lost(why);
      if (isSure) this.#away = why;
      await delay(PROBE_EVERY_MS, undefined, { ref: false });
    }
    this.#probing = false;
  }
}
