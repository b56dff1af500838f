// A `Subject` of the benchmark yamux is one implementation, with both its ends in memory.

/** The number of streams that `churn` opens at once. */
export const BATCH = 64;
/** The bytes of one write in `bulk`. */
export const CHUNK = 64 << 10;

/** One implementation of yamux, with its two ends connected in memory. */
export interface Subject {
  readonly name: string;
  /** Opens `count` streams, sends one byte over each, and closes both ends of each. */
  churn(count: number): Promise<void>;
  /** Sends `bytes` in writes of 64 KiB over `streams` streams, one way. */
  bulk(streams: number, bytes: number): Promise<void>;
}
