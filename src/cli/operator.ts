// This file opens the store for an operator's commands, and has the command `visiona sessions end`.
import type { Writable } from 'node:stream';
import type { StoreLocation } from '../store/location.js';
import { openStore } from '../store/open-store.js';
import type { Store } from '../store/ports/store.js';
import type { IfMissing } from '../store/sqlite/sqlite.js';
import { print } from './command.js';

/** The actor that the audit log names for commands on the store. */
export const OPERATOR = { actor: 'operator' } as const;

/**
 * Runs a command on the store of a location, in this process.
 * @param missing whether a missing store is made, or is an error, as for a command that only reads
 */
export async function withStore<Result>(
  location: StoreLocation,
  missing: IfMissing,
  body: (store: Store) => Promise<Result>,
): Promise<Result> {
  const store = await openStore({ ...location, missing });
  try {
    return await body(store);
  } finally {
    await store.close();
  }
}

/** `visiona sessions end`: ends all sessions and forgets the keys that signed them. @throws StoreError, OutputError */
export async function sessionsEnd(location: StoreLocation, stdout: Writable): Promise<void> {
  const ended = await withStore(location, 'fail', (store) => store.endAllSignIns(OPERATOR));
  await print(
    stdout,
    `${ended} ${ended === 1 ? 'session is' : 'sessions are'} ended; the next start may bring another SESSION_SECRET.\n`,
  );
}
