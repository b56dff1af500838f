import { CodedError } from '../../actors/errors.js';

/** Closed: it becomes a label. */
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
  /** The file is no more where it was, or another one is there: that one is to be opened. */
  'ERR_STORE_MOVED',
  /** The operating system reported an error while reading or writing. */
  'ERR_STORE_IO',
  /** The data was written by a newer version of the software. */
  'ERR_STORE_NEWER',
  /** A value that no row may hold, such as an empty name. */
  'ERR_STORE_INPUT',
  /** A row that another one refers to is missing, or a key that must be unique is taken. */
  'ERR_STORE_CONFLICT',
  /** The user has as many of something as a user may have; the message says which. */
  'ERR_STORE_LIMIT',
  /** The store was closed. */
  'ERR_STORE_CLOSED',
  /** The store's process or its database is away. Nothing was done; the call may be made again. */
  'ERR_STORE_UNAVAILABLE',
  /** Nobody said whether the write was done: it is there whole, or not at all. To make it again may do it twice. */
  'ERR_STORE_OUTCOME_UNKNOWN',
] as const;

/** Stable codes of {@link StoreError}. */
export type StoreErrorCode = (typeof STORE_ERROR_CODES)[number];

/** What a place is where the tables of a running process are no more; after its name. */
export const OTHER_DATA =
  'holds not the data that was there: restore it from a backup, or restart this process to go on with what is there now';

/** What a place is where somebody looks for data that was never there; after its name. */
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

  get fatal(): boolean {
    return FATAL.has(this.code) || (this.cause instanceof StoreError && this.cause.fatal);
  }
}

/** See ERR_STORE_UNAVAILABLE. */
export class StoreUnavailableError extends StoreError {
  override readonly name = 'StoreUnavailableError';

  constructor(why: string, options?: ErrorOptions) {
    super('ERR_STORE_UNAVAILABLE', `the store is not available: ${why}`, options);
  }
}

/** See ERR_STORE_OUTCOME_UNKNOWN. */
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

/** Whether the store could not be asked, or did not say: not where it has said something of the question itself. */
export function isStoreAway(error: unknown): boolean {
  return error instanceof StoreError && AWAY.has(error.code);
}

/** Codes that say that the call was wrong, not that the store is: a fault of ours. */
const OUR_FAULTS: ReadonlySet<string> = new Set<StoreErrorCode>(['ERR_STORE_INPUT', 'ERR_STORE_CONFLICT']);

/** Whether the store failed as stores do, which its own line of the log and readiness tell of as well: no fault of ours. */
export function isStoreFailure(error: unknown): error is StoreError {
  return error instanceof StoreError && !OUR_FAULTS.has(error.code);
}

/** For a line of the log: what the store did is said by its sentence; only of a fault of ours is the stack of use. */
export function storeWhy(error: unknown): { code: StoreErrorCode; reason: string } | { err: unknown } {
  return isStoreFailure(error) ? { code: error.code, reason: error.message } : { err: error };
}

export function isStoreErrorCode(code: string): code is StoreErrorCode {
  return (STORE_ERROR_CODES as readonly string[]).includes(code);
}

/**
 * The primary result code of an error that SQLite reported (sqlite.org/rescode.html); undefined for other errors. Both
 * bindings set `errcode`, of which it is the low byte.
 */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errcode } = error as Error & { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

/** Whether another process has a lock on the file: SQLITE_BUSY. */
export function isLocked(error: unknown): boolean {
  return sqliteCode(error) === 5;
}

/** SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL: the part of the log that makes a transaction valid is written last, and was not. */
const UNDONE: ReadonlySet<number | undefined> = new Set([5, 6, 13]);

/** Whether a transaction is undone for certain when its COMMIT failed with `error`; after a failed fsync, say, nobody knows. */
export function isUndone(error: unknown): boolean {
  return UNDONE.has(sqliteCode(error));
}

/**
 * The {@link StoreError} for what SQLite or the file system threw; anything else comes back as it is.
 */
export function storeError(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  const primary = sqliteCode(error);
  if (primary !== undefined) return sqliteError(primary, error, file);
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? fileError(code, error, file) : error;
}

function sqliteError(primary: number, cause: Error, file: string): unknown {
  switch (primary) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return new StoreError('ERR_STORE_BUSY', `${file} is locked by another process`, { cause });
    case 19: // SQLITE_CONSTRAINT
      return new StoreError('ERR_STORE_CONFLICT', `the data does not allow it: ${cause.message}`, { cause });
    case 13: // SQLITE_FULL
      return new StoreError('ERR_STORE_FULL', `the disk that holds ${file} is full`, { cause });
    case 3: // SQLITE_PERM
    case 8: // SQLITE_READONLY
    case 14: // SQLITE_CANTOPEN
      return new StoreError(
        'ERR_STORE_ACCESS',
        `${file} cannot be opened for reading and writing: check the owner and mode of it and its directory`,
        { cause },
      );
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
      return new StoreError(
        'ERR_STORE_CORRUPT',
        `${file} is damaged or is not a database: restore it from a backup`,
        { cause },
      );
    case 10: // SQLITE_IOERR
      return new StoreError('ERR_STORE_IO', `reading or writing ${file} failed: ${cause.message}`, { cause });
    default:
      return cause;
  }
}

function fileError(code: string, cause: Error, file: string): unknown {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new StoreError('ERR_STORE_FULL', `the disk that holds ${file} is full`, { cause });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
    case 'ENOENT':
      return new StoreError('ERR_STORE_ACCESS', `${file} cannot be opened: ${cause.message}`, { cause });
    default:
      return cause;
  }
}
