import type { StoreConfig } from '../config/types.js';
import type { StoreLocation } from '../store/open-store.js';

/** Where a configuration has the data. */
export function placeOf({ dataDir, databaseUrl, databasePool }: StoreConfig): StoreLocation {
  return databaseUrl === undefined
    ? { dataDir }
    : { dataDir, databaseUrl: databaseUrl.reveal(), databasePool };
}
