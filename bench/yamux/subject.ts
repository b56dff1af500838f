// A `Subject` of the benchmark yamux is one implementation, with both its ends in memory.

/** Streams open at once in `churn`. */
export const BATCH = 64;
/** Bytes of one write in `bulk`. */
export const CHUNK = 64 << 10;

/** One implementation, with two ends of it connected in memory. */
export interface Subject {
  readonly name: string;
  /** Opens `count` streams, sends one byte over each, closes both ends of each. */
  churn(count: number): Promise<void>;
  /** Sends `bytes` in writes of 64 KiB over `streams` streams, one way. */
  bulk(streams: number, bytes: number): Promise<void>;
}
