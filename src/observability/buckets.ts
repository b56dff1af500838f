// Buckets is a histogram in plain numbers.
/** A histogram that is cheap enough to observe every request; it is exposed at scrape time (aggregates.ts). */
export class Buckets {
  /** The upper bounds, ascending, without +Inf. */
  readonly bounds: readonly number[];
  /** The number of observations in each bucket (not cumulative); the last entry is +Inf's. */
  readonly counts: Float64Array;
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Counts one observation, in the unit of the bounds. */
  observe(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
    counts[at] = (counts[at] ?? 0) + 1;
    this.sum += value;
    this.count += 1;
  }
}
