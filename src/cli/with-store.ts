import { openStore, type StoreLocation } from '../store/open-store.js';
import type { Store } from '../store/ports/store.js';
import type { IfMissing } from '../store/sqlite/sqlite.js';

/** Who acts in a command on the store, for the audit log. */
export const OPERATOR = { actor: 'operator' } as const;

/**
 * Runs a command on the store of a place, in this process.
 * @param missing who looks for something in the wrong place is to hear of it
 */
export async function withStore<Result>(
  place: StoreLocation,
  missing: IfMissing,
  body: (store: Store) => Promise<Result>,
): Promise<Result> {
  const store = await openStore({ ...place, missing });
  try {
    return await body(store);
  } finally {
    await store.close();
  }
}
