// This file turns errors of SQLite and the file system into errors of the store.
import { StoreError } from '../ports/errors.js';

/**
 * The primary result code of an error that SQLite reported (sqlite.org/rescode.html), which is the low byte of the `errcode` that
 * both bindings set; undefined for other errors.
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

/**
 * SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL. SQLite writes the frame that makes a transaction valid last; with these codes it did
 * not write that frame.
 */
const UNDONE: ReadonlySet<number | undefined> = new Set([5, 6, 13]);

/** Whether a COMMIT that failed with `error` certainly undid its transaction; after a failed fsync, for example, nobody knows. */
export function isUndone(error: unknown): boolean {
  return UNDONE.has(sqliteCode(error));
}

/** The {@link StoreError} for an error of SQLite or the file system; any other error is returned as it is. */
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
