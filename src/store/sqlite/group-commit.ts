// GroupCommit commits the writes of one turn of the loop together, as each commit costs an fsync.
import { StoreError, StoreOutcomeUnknownError } from '../ports/errors.js';
import { type Database, LOCKED_MS, unlockedPause } from './sqlite.js';
import { isLocked, isUndone } from './sqlite-errors.js';

/** The most writes that may wait; more are refused with ERR_STORE_BUSY. */
const MAX_WAITING = 16_384;

/** How long one transaction takes in writes, in ms; the remaining writes go into the next one. */
const MAX_TRANSACTION_MS = 25;

/**
 * One caller's write. `perform` runs its statements and returns a function that resolves the caller, to be called after the
 * commit.
 */
interface Write {
  perform(): () => void;
  reject(error: unknown): void;
  /** When the caller asked, by {@link GroupCommitOptions.now}. */
  readonly askedAt: number;
}

/** The part of a connection that a group commit uses. */
export type Transactions = Pick<Database, 'exec' | 'isTransaction'>;

/** The clock of a group commit, and how it makes errors. */
export interface GroupCommitOptions {
  /** Turns an error of SQLite into the caller's error. */
  readonly mapError: (error: unknown) => unknown;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  readonly maxWaiting?: number;
}

/**
 * Runs all writes of a loop turn in one transaction, because a commit costs one fsync whatever its size. Each write has a
 * savepoint: a write that fails does not undo its neighbours.
 */
export class GroupCommit {
  readonly #db: Transactions;
  readonly #mapError: (error: unknown) => unknown;
  readonly #now: () => number;
  readonly #maxWaiting: number;
  #waiting: Write[] = [];
  #closed = false;

  constructor(db: Transactions, { mapError, now, maxWaiting = MAX_WAITING }: GroupCommitOptions) {
    this.#db = db;
    this.#mapError = mapError;
    this.#now = now;
    this.#maxWaiting = maxWaiting;
  }

  /** Runs `work`, which is synchronous, in the next transaction; resolves with its result once that is durable. */
  write<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal();
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      const perform = () => {
        const result = work();
        return () => resolve(result);
      };
      this.#waiting.push({ perform, reject, askedAt: this.#now() });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  /** Commits the writes that wait, or gives them up when their time is over, and refuses later ones. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#waiting.length > 0) {
      if (!this.#transaction()) await unlockedPause();
    }
  }

  #refusal(): StoreError | undefined {
    if (this.#closed) return new StoreError('ERR_STORE_CLOSED', 'the store is closed');
    if (this.#waiting.length < this.#maxWaiting) return undefined;
    return new StoreError('ERR_STORE_BUSY', `${this.#maxWaiting} writes wait already`);
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const begun = this.#transaction();
    if (this.#waiting.length === 0) return;
    if (begun) setImmediate(() => this.#flush());
    else void unlockedPause().then(() => this.#flush());
  }

  /**
   * Runs one transaction. False: another process is writing; these writes are tried again after a pause, in which others can
   * read.
   */
  #transaction(): boolean {
    const refusal = this.#begin();
    if (refusal !== undefined) {
      this.#refuse(refusal.error, refusal.late);
      return false;
    }
    const batch = this.#waiting;
    this.#waiting = [];
    const performed: { tell: () => void; reject: Write['reject'] }[] = [];
    let next = 0;
    try {
      const deadline = this.#now() + MAX_TRANSACTION_MS;
      for (const write of batch) {
        next += 1;
        const tell = this.#attempt(write);
        if (tell !== undefined) performed.push({ tell, reject: write.reject });
        if (this.#now() > deadline) break;
      }
    } catch (error) {
      this.#abandon(this.#mapError(error), [...performed, ...batch.slice(next)]);
      return true;
    }
    this.#waiting = [...batch.slice(next), ...this.#waiting];
    try {
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#abandon(this.#outcome(error), performed);
      return true;
    }
    for (const { tell } of performed) tell();
    return true;
  }

  /**
   * Begins a transaction. If that fails, answers the error, and `late`: the writes that were asked up to then fail by it. They
   * are all the writes, unless another process has the lock, for which a write waits {@link LOCKED_MS}.
   */
  #begin(): { readonly error: unknown; readonly late: number } | undefined {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      return undefined;
    } catch (error) {
      const late = isLocked(error) ? this.#now() - LOCKED_MS : Number.POSITIVE_INFINITY;
      return { error: this.#mapError(error), late };
    }
  }

  #refuse(error: unknown, late: number): void {
    // The writes wait in the order in which they were asked.
    const refused = this.#waiting.filter(({ askedAt }) => askedAt <= late);
    this.#waiting = this.#waiting.slice(refused.length);
    for (const { reject } of refused) reject(error);
  }

  /** The error for the callers whose COMMIT failed. An error that is no StoreError does not answer them: it ends the process. */
  #outcome(error: unknown): unknown {
    const mapped = this.#mapError(error);
    if (isUndone(error) || !(mapped instanceof StoreError)) return mapped;
    return new StoreOutcomeUnknownError(mapped.message, { cause: mapped });
  }

  /**
   * Runs one write in a savepoint. Undefined: the write failed, and its caller was told. Throws if SQLite undid the whole
   * transaction.
   */
  #attempt(write: Write): (() => void) | undefined {
    this.#db.exec('SAVEPOINT one_write');
    try {
      const tell = write.perform();
      this.#db.exec('RELEASE one_write');
      return tell;
    } catch (error) {
      write.reject(this.#mapError(error));
      if (!this.#db.isTransaction) throw error;
      this.#db.exec('ROLLBACK TO one_write');
      this.#db.exec('RELEASE one_write');
      return undefined;
    }
  }

  #abandon(error: unknown, writes: readonly Pick<Write, 'reject'>[]): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    for (const write of writes) write.reject(error);
  }
}
