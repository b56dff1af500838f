import type { StoreConfig } from '../config/types.js';
import type { StorePlace } from '../store/open-store.js';

/** Where a configuration has the data. */
export function placeOf({ dataDir, databaseUrl, databasePool }: StoreConfig): StorePlace {
  return databaseUrl === undefined
    ? { dataDir }
    : { dataDir, databaseUrl: databaseUrl.reveal(), databasePool };
}
