// This file sums samples up: as a median with its spread, and as ratios round by round.

/** A median with its spread. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Sums samples up. @throws RangeError if there are none */
export function spread(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((a, b) => a - b);
  const low = sorted[(sorted.length - 1) >> 1];
  const high = sorted[sorted.length >> 1];
  const min = sorted[0];
  const max = sorted.at(-1);
  if (low === undefined || high === undefined || min === undefined || max === undefined) {
    throw new RangeError('no samples');
  }
  return { median: (low + high) / 2, min, max };
}

/** Divides `of` by `by`, round by round: a disturbance of one round hit both. */
export function ratio(of: readonly number[], by: readonly number[]): Spread {
  if (of.length !== by.length) throw new RangeError('ratios need the same rounds on both sides');
  return spread(of.map((sample, round) => sample / (by[round] ?? Number.NaN)));
}
