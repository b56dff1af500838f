// This file opens and closes the file of the embedded database, and keeps it private.
import { chmodSync, closeSync, openSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { makeDirectory } from '../../files/make-directory.js';
import { StoreError } from '../ports/errors.js';
import { isLocked, sqliteCode, storeError } from './sqlite-errors.js';

/** A connection, by the API of `node:sqlite`. */
export type Database = DatabaseSyncInstance;

/** The first release without the WAL-reset bug (sqlite.org/wal.html#walresetbug). */
const FIRST_SOUND_SQLITE = [3, 51, 3] as const;

/** The result code SQLITE_FULL. */
const FULL = 13;

/** How long a statement waits for another process's lock, in ms. The whole process waits with the statement. */
const BUSY_TIMEOUT_MS = 5;

/** How long a call waits for another process's lock in all, in ms. */
export const LOCKED_MS = 5_000;

/** The longest pause before a locked file is tried again, in ms. */
const MAX_PAUSE_MS = 20;

/** Waits before a locked file is tried again. Other calls can read meanwhile. */
export function unlockedPause(): Promise<void> {
  return delay(Math.random() * MAX_PAUSE_MS);
}

/** The path of the database in a data directory. */
export function databaseFile(dataDir: string): string {
  return join(dataDir, 'visiona.db');
}

/** What happens where the file or its directory is missing. `fail`: data was there before and must not be made anew. */
export type IfMissing = 'make' | 'fail';

/**
 * Opens the database of a data directory, readable by this user only.
 * @throws StoreError with one sentence for the operator.
 */
export async function openDatabase(dataDir: string, missing: IfMissing = 'make'): Promise<Database> {
  const file = databaseFile(dataDir);
  const { DatabaseSync } = await sqlite();
  try {
    if (missing === 'make') makePrivate(dataDir, file);
    else assertThere(file);
    const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    try {
      configure(db);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  } catch (error) {
    throw storeError(error, file);
  }
}

/**
 * Closes the database. All of its data is then in the one file, unless another process has it open: the npm binding leaves its
 * statements to the garbage collector, so SQLite itself would not fold the WAL back at the close.
 */
export function closeDatabase(db: Database): void {
  try {
    db.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    // Without room on the disk the WAL stays, as after a kill: it is durable, and the next process that opens the file reads it.
    if (sqliteCode(error) !== FULL) throw error;
  } finally {
    db.close();
  }
}

/** The first Node whose SQLite is not experimental: earlier ones print a warning to stderr at each command. */
const FIRST_SETTLED_NODE = 24;

/** The built-in SQLite, if it is stable and has no WAL-reset bug; else the one from npm, which has the same API. */
async function sqlite(): Promise<Pick<typeof import('@photostructure/sqlite'), 'DatabaseSync'>> {
  const settled = Number.parseInt(process.versions.node, 10) >= FIRST_SETTLED_NODE;
  if (settled && isSound(process.versions.sqlite)) {
    const builtin: unknown = process.getBuiltinModule('node:sqlite');
    return builtin as typeof import('@photostructure/sqlite');
  }
  return import('@photostructure/sqlite');
}

function isSound(version: string | undefined): boolean {
  if (version === undefined) return false;
  const parts = version.split('.').map(Number);
  const differs = FIRST_SOUND_SQLITE.findIndex((wanted, i) => parts[i] !== wanted);
  return differs === -1 || (parts[differs] ?? 0) > (FIRST_SOUND_SQLITE[differs] ?? 0);
}

/**
 * Makes the database's file with its mode first, since SQLite gives the same mode to its WAL and shared-memory files. A file that
 * exists is not opened here: closing it would drop the locks of another connection of this process (sqlite.org/howtocorrupt.html
 * §2.2).
 */
function makePrivate(dataDir: string, file: string): void {
  makeDirectory(resolve(dataDir));
  // A directory that holds other things keeps its mode: other users may need them.
  if (readdirSync(dataDir).length === 0) chmodSync(dataDir, 0o700);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) closeSync(openSync(file, 'a', 0o600));
  else if ((found.mode & 0o077) !== 0) chmodSync(file, 0o600);
}

/** Throws if the file is missing, because SQLite itself would make an empty one. */
function assertThere(file: string): void {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  throw new StoreError(
    'ERR_STORE_ACCESS',
    `${file} is missing: put it back, restore it from a backup, or set VISIONA_DATA_DIR to where the data is`,
  );
}

/** Checks that an open database is still the file at its path: otherwise a process would go on with a deleted file. */
export class SameFile {
  readonly #file: string;
  readonly #id: string | undefined;

  /** @param file the path; the file that is there now is the right one */
  constructor(file: string) {
    this.#file = file;
    this.#id = idOf(file);
  }

  /** Checks the file. @throws StoreError ERR_STORE_MOVED */
  assert(): void {
    if (idOf(this.#file) === this.#id) return;
    throw new StoreError(
      'ERR_STORE_MOVED',
      `${this.#file} is not the file that was opened: it was moved or replaced`,
    );
  }
}

function idOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

function configure(db: Database): void {
  useWal(db);
  // With FULL, each commit is on the disk before it is acknowledged.
  db.exec('PRAGMA synchronous = FULL');
}

/**
 * Switches the file to WAL. The switch needs the file for itself and fails at once, without the busy timeout, while another
 * process switches too. It happens once in the life of a file.
 */
function useWal(db: Database): void {
  const deadline = performance.now() + LOCKED_MS;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isLocked(error) || performance.now() > deadline) throw error;
      Atomics.wait(pause, 0, 0, 10);
    }
  }
}
