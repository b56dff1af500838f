import type { Writable } from 'node:stream';
import type { StoreLocation } from '../store/location.js';
import { print } from './print.js';
import { OPERATOR, withStore } from './with-store.js';

/** `visiona sessions end`: signs everybody out, and forgets with which keys that was. @throws StoreError, OutputError */
export async function sessionsEnd(location: StoreLocation, stdout: Writable): Promise<void> {
  const ended = await withStore(location, 'fail', (store) => store.endAllSignIns(OPERATOR));
  await print(
    stdout,
    `${ended} ${ended === 1 ? 'session is' : 'sessions are'} ended; the next start may bring another SESSION_SECRET.\n`,
  );
}
