// The location of a store says where the durable data of a process is.
import type { StoreConfig } from '../config/types.js';
import { DEFAULT_DATABASE_POOL } from '../config/types.js';

/** The location that a configuration names. */
export function locationOf({ dataDir, databaseUrl, databasePool }: StoreConfig): StoreLocation {
  return databaseUrl === undefined
    ? { dataDir }
    : { dataDir, databaseUrl: databaseUrl.reveal(), databasePool };
}

/** Where the data is. */
export interface StoreLocation {
  /** The directory of the embedded store. */
  readonly dataDir: string;
  /** A `postgres://` URL: the data is there instead. A secret, as it may hold a password. */
  readonly databaseUrl?: string;
  /** The most connections to that database. Default: {@link DEFAULT_DATABASE_POOL}. */
  readonly databasePool?: number;
}
