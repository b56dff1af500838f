// `percentiles` sums up latencies; generators print its result.

/** Latencies in ms; NaN if there are none. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** A time between two times of the wall clock, in ms; it includes the first and not the second. */
export interface Window {
  readonly from: number;
  readonly until: number;
}

/** The line that the open-loop generator prints. */
export interface OpenLoopPrinted extends Percentiles {
  readonly answered: number;
  /** The number of calls that had no answer when the generator gave up. */
  readonly unanswered: number;
  /** The number of calls by each status other than 200; 0 is a broken connection. */
  readonly failed: readonly (readonly [status: number, count: number])[];
}

/** Computes the percentiles of all samples, not of an estimate. */
export function percentiles(samples: readonly number[]): Percentiles {
  const sorted = Float64Array.from(samples).sort();
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}
