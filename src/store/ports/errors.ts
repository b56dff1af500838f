// The store fails by these errors, each of which says what its caller may do.
import { CodedError } from '../../actors/errors.js';

/** All codes of {@link StoreError}: the list is closed, as a code becomes a label of a metric. */
export const STORE_ERROR_CODES = [
  /** Another process held the write lock for longer than the busy timeout, or too many calls wait. Try again. */
  'ERR_STORE_BUSY',
  /** The disk is full; what was acknowledged before is safe. */
  'ERR_STORE_FULL',
  /** The data directory or a file in it cannot be opened, read or written. */
  'ERR_STORE_ACCESS',
  /** The database takes no writes now: a standby, say. Nothing was done; reads go on. */
  'ERR_STORE_READ_ONLY',
  /** The file is damaged or is not a database. */
  'ERR_STORE_CORRUPT',
  /** The file is no longer at its path, or another file is there, which the next process opens. */
  'ERR_STORE_MOVED',
  /** The operating system reported an error while reading or writing. */
  'ERR_STORE_IO',
  /** The data was written by a newer version of the software. */
  'ERR_STORE_NEWER',
  /** A value is one that no row may hold, such as an empty name. */
  'ERR_STORE_INPUT',
  /** A row that another one refers to is missing, or a key that must be unique is taken. */
  'ERR_STORE_CONFLICT',
  /** The user has reached a limit; the message says which. */
  'ERR_STORE_LIMIT',
  /** The store was closed. */
  'ERR_STORE_CLOSED',
  /** The store's process or its database is away. Nothing was done; the call may be made again. */
  'ERR_STORE_UNAVAILABLE',
  /** Nobody knows whether the write was done: it was done whole, or not at all. Making the call again may do it twice. */
  'ERR_STORE_OUTCOME_UNKNOWN',
] as const;

/** A stable code of {@link StoreError}. */
export type StoreErrorCode = (typeof STORE_ERROR_CODES)[number];

/** The rest of a sentence after a database's name: its tables are no longer those that this process began with. */
export const OTHER_DATA =
  'holds not the data that was there: restore it from a backup, or restart this process to go on with what is there now';

/** The rest of a sentence after a database's name: a command looks for data there that was never there. */
export const NO_DATA =
  'holds no data of visionA: set DATABASE_URL, or VISIONA_DATA_DIR, to where the data is, or restore it from a backup';

/** Codes after which the connection cannot be trusted: its process must end and a new one open the file. */
const FATAL: ReadonlySet<StoreErrorCode> = new Set(['ERR_STORE_CORRUPT', 'ERR_STORE_MOVED', 'ERR_STORE_IO']);

/** A failure of the store; `message` is one sentence for the operator. */
export class StoreError extends CodedError {
  override readonly name: string = 'StoreError';
  declare readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }

  /** The store cannot be trusted any more: its process must end, and a new one opens the data. */
  get fatal(): boolean {
    return FATAL.has(this.code) || (this.cause instanceof StoreError && this.cause.fatal);
  }
}

/** The error ERR_STORE_UNAVAILABLE. */
export class StoreUnavailableError extends StoreError {
  override readonly name = 'StoreUnavailableError';

  constructor(why: string, options?: ErrorOptions) {
    super('ERR_STORE_UNAVAILABLE', `the store is not available: ${why}`, options);
  }
}

/** The error ERR_STORE_OUTCOME_UNKNOWN. */
export class StoreOutcomeUnknownError extends StoreError {
  override readonly name = 'StoreOutcomeUnknownError';

  constructor(why: string, options?: ErrorOptions) {
    super(
      'ERR_STORE_OUTCOME_UNKNOWN',
      `the write may have been done, look before you make it again: ${why}`,
      options,
    );
  }
}

const AWAY: ReadonlySet<StoreErrorCode> = new Set([
  'ERR_STORE_UNAVAILABLE',
  'ERR_STORE_OUTCOME_UNKNOWN',
  'ERR_STORE_BUSY',
]);

/** Whether the store could not be reached or did not answer; false where the store answered that the call itself is wrong. */
export function isStoreAway(error: unknown): boolean {
  return error instanceof StoreError && AWAY.has(error.code);
}

/** Codes by which the call was wrong, not the store: they are faults of this software. */
const OUR_FAULTS: ReadonlySet<string> = new Set<StoreErrorCode>(['ERR_STORE_INPUT', 'ERR_STORE_CONFLICT']);

/**
 * Whether an error is the store's failure and no fault of this software. The store's own log line and readiness report it too.
 */
export function isStoreFailure(error: unknown): error is StoreError {
  return error instanceof StoreError && !OUR_FAULTS.has(error.code);
}

/** The fields of a log line for an error of the store: its sentence; for a fault of this software, the error with its stack. */
export function storeWhy(error: unknown): { code: StoreErrorCode; reason: string } | { err: unknown } {
  return isStoreFailure(error) ? { code: error.code, reason: error.message } : { err: error };
}

/** Whether a code is one of {@link STORE_ERROR_CODES}. */
export function isStoreErrorCode(code: string): code is StoreErrorCode {
  return (STORE_ERROR_CODES as readonly string[]).includes(code);
}
