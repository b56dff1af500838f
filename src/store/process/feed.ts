// Feed looks for changes by any process, inside the store's process, and reports them to its owner.
import type { ChangePort } from '../ports/changes.js';
import { StoreError } from '../ports/errors.js';
import type { ChangeSeq } from '../ports/ids.js';
import { MAX_ITEMS } from '../ports/validate.js';
import type { StoreReport } from '../wire/store-kind.js';

/** How the feed reports, and what it waits for. */
export interface FeedOptions {
  readonly store: Pick<ChangePort, 'changesSince'>;
  /** The last change that the owner knows. */
  readonly reported: ChangeSeq;
  /** Resolves when every earlier call that may let a device or a user in is answered. */
  readonly admitted: () => Promise<void>;
  /** Reports to the owner. False: the link is full, and the next look reports the same again. */
  readonly emit: (report: StoreReport) => boolean;
  /** Is called when a look is over; with an error: the database could not be read. */
  readonly looked: (error?: StoreError) => void;
  /** Is called with an error after which the store cannot be trusted. */
  readonly failed: (error: unknown) => void;
}

/**
 * Reads the feed of changes, one look at a time, and reports new changes to the owner. Nobody waits for a look: while the
 * database is slow, calls go on.
 */
export class Feed {
  readonly #options: FeedOptions;
  #reported: ChangeSeq;
  #looking = false;
  #wanted = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#reported = options.reported;
  }

  /** Looks now, or once more when the look under way is over: that look may have read before the change was made. */
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
      // The store is busy, away or closed: the next look reads again.
      if (!(error instanceof StoreError) || error.fatal) throw error;
      this.#options.looked(error);
    }
  }

  /** Reports the next changes. @returns whether there may be more of them */
  async #report(): Promise<boolean> {
    const changes = await this.#options.store.changesSince(this.#reported, MAX_ITEMS);
    if (changes.last === this.#reported) return false;
    // A device that was admitted just before its revocation must be known to the owner before the owner hears of the revocation:
    // else the owner would find no tunnel to close, and the device would stay.
    await this.#options.admitted();
    if (!this.#options.emit({ changes })) return false;
    this.#reported = changes.last;
    return changes.changes.length === MAX_ITEMS;
  }
}
