// `percentiles` sums up latencies; this is also the form in which a generator prints them.

/** Latencies in ms; NaN of none. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Between two times of the wall clock, in ms, the second left out. */
export interface Window {
  readonly from: number;
  readonly until: number;
}

/** The line that the open-loop generator prints. */
export interface OpenLoopPrinted extends Percentiles {
  readonly answered: number;
  /** Calls that were still waited for when it gave up. */
  readonly unanswered: number;
  /** By status other than 200, 0 for a broken connection: how many. */
  readonly failed: readonly (readonly [status: number, count: number])[];
}

/** The percentiles of all samples, not of an estimate. */
export function percentiles(samples: readonly number[]): Percentiles {
  const sorted = Float64Array.from(samples).sort();
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}
