// A StoreLocation says where the durable data of a process is.
import type { StoreConfig } from '../config/types.js';
import { DEFAULT_DATABASE_POOL } from '../config/types.js';

/** The location of the store in a configuration. */
export function locationOf({ dataDir, databaseUrl, databasePool }: StoreConfig): StoreLocation {
  return databaseUrl === undefined
    ? { dataDir }
    : { dataDir, databaseUrl: databaseUrl.reveal(), databasePool };
}

/** Where the data is: in a directory, or in a PostgreSQL database. */
export interface StoreLocation {
  /** The directory of the embedded store. */
  readonly dataDir: string;
  /** A `postgres://` URL: if present, the data is in that database instead. It is secret, as it may hold a password. */
  readonly databaseUrl?: string;
  /** The most connections to that database. Default: {@link DEFAULT_DATABASE_POOL}. */
  readonly databasePool?: number;
}
