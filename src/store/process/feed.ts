import type { ChangePort } from '../ports/changes.js';
import { StoreError } from '../ports/errors.js';
import type { ChangeSeq } from '../ports/ids.js';
import { MAX_ITEMS } from '../ports/validate.js';
import type { StoreReport } from '../wire/store-kind.js';

export interface FeedOptions {
  readonly store: Pick<ChangePort, 'changesSince'>;
  /** The last change that is known already. */
  readonly reported: ChangeSeq;
  /** Resolves when what was asked before now and may let somebody in is answered. */
  readonly admitted: () => Promise<void>;
  /** False: not now; it is reported at a later look. */
  readonly emit: (report: StoreReport) => boolean;
  /** A look is over; with an error: the database could not be read. */
  readonly looked: (error?: StoreError) => void;
  /** Takes an error after which the store cannot be trusted. */
  readonly failed: (error: unknown) => void;
}

/** Looks for changes, one look at a time, and reports them. Nobody waits for a look: where the database is slow, calls go on. */
export class Feed {
  readonly #options: FeedOptions;
  #reported: ChangeSeq;
  #looking = false;
  #wanted = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#reported = options.reported;
  }

  /** Looks now, or when the look under way is over. */
  look(): void {
    this.#wanted = true;
    if (this.#looking) return;
    this.#looking = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#wanted) {
        this.#wanted = false;
        await this.#lookOnce();
      }
    } catch (error) {
      this.#options.failed(error);
    } finally {
      this.#looking = false;
    }
  }

  async #lookOnce(): Promise<void> {
    try {
      const more = await this.#report();
      if (more) this.look();
      this.#options.looked();
    } catch (error) {
      // Busy, away or closed: the next look tries again.
      if (!(error instanceof StoreError) || error.fatal) throw error;
      this.#options.looked(error);
    }
  }

  /** True: there is more to report. */
  async #report(): Promise<boolean> {
    const changes = await this.#options.store.changesSince(this.#reported, MAX_ITEMS);
    if (changes.last === this.#reported) return false;
    // An answer from before such a change may be slower than the change: whoever it lets in would stay.
    await this.#options.admitted();
    // A link that is full takes them at a later look.
    if (!this.#options.emit({ changes })) return false;
    this.#reported = changes.last;
    return changes.changes.length === MAX_ITEMS;
  }
}
