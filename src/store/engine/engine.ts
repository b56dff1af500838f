import type { Transaction } from './query.js';

/** A database that runs the transactions of the store. */
export interface Engine {
  /** Runs `work`, which only reads, on what is committed. */
  read<Result>(work: () => Transaction<Result>): Promise<Result>;
  /** Runs `work` in one transaction; resolves once that is durable. What it throws undoes it. */
  write<Result>(work: () => Transaction<Result>): Promise<Result>;
  /** The database's clock, which all its processes share: milliseconds since 1970. Within a transaction. */
  time(): Transaction<number>;
  /** Finishes what was asked before; later calls reject with ERR_STORE_CLOSED. May be repeated. */
  close(): Promise<void>;
}
