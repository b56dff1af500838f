import type { StoreLocation } from '../store/location.js';
import { openStore } from '../store/open-store.js';
import type { Store } from '../store/ports/store.js';
import type { IfMissing } from '../store/sqlite/sqlite.js';

/** Who acts in a command on the store, for the audit log. */
export const OPERATOR = { actor: 'operator' } as const;

/**
 * Runs a command on the store of a location, in this process.
 * @param missing who looks for something in the wrong location is to hear of it
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
