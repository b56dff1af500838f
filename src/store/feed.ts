import { StoreError, StoreOutcomeUnknownError, StoreUnavailableError } from './errors.js';
import type { ChangeSeq } from './ids.js';
import type { TimedStore } from './ports.js';
import type { StoreReport } from './store-kind.js';
import { MAX_ITEMS } from './validate.js';

export interface FeedOptions {
  readonly store: TimedStore;
  /** The last change that is known already. */
  readonly reported: ChangeSeq;
  /** Resolves when what was asked before now and may let somebody in is answered. */
  readonly admitted: () => Promise<void>;
  /** False: not now; it is reported at a later look. */
  readonly emit: (report: StoreReport) => boolean;
  /** Takes an error after which the store cannot be trusted. */
  readonly failed: (error: unknown) => void;
}

/**
 * Looks for changes, one look at a time, and reports them, and whether the database answers. Nobody waits for a look: where
 * the database is slow, calls go on beside it.
 */
export class Feed {
  readonly #options: FeedOptions;
  #reported: ChangeSeq;
  #answers = true;
  #looking = false;
  #wanted: 'nothing' | 'changes' | 'overdue' = 'nothing';

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#reported = options.reported;
  }

  /** Looks now, or when the look under way is over. @param overdue then does what time has brought */
  look(overdue: boolean): void {
    if (overdue) this.#wanted = 'overdue';
    else if (this.#wanted === 'nothing') this.#wanted = 'changes';
    if (this.#looking) return;
    this.#looking = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#wanted !== 'nothing') {
        const overdue = this.#wanted === 'overdue';
        this.#wanted = 'nothing';
        await this.#lookOnce(overdue);
      }
    } catch (error) {
      this.#options.failed(error);
    } finally {
      this.#looking = false;
    }
  }

  async #lookOnce(overdue: boolean): Promise<void> {
    const { store } = this.#options;
    try {
      const more = await this.#report();
      if (more) this.look(false);
      // After it: where nothing can be written, what others wrote is told all the same.
      if (overdue) await store.sweep();
      this.#tellAnswers(true);
    } catch (error) {
      // Busy, full, away or closed: the next look tries again.
      if (!(error instanceof StoreError) || error.fatal) throw error;
      const silent = error instanceof StoreUnavailableError || error instanceof StoreOutcomeUnknownError;
      if (silent) this.#tellAnswers(false);
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

  #tellAnswers(answers: boolean): void {
    if (answers !== this.#answers && this.#options.emit({ answers })) this.#answers = answers;
  }
}
