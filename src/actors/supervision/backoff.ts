/** Delays between restarts: doubling from `minMs` to `maxMs`, less up to half of it by chance. */
export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

export const defaultBackoff: Backoff = { minMs: 100, maxMs: 10_000 };

/**
 * Milliseconds before a restart.
 * @param failures failures in a row, from 1.
 * @param random in [0, 1): spreads out those who failed together.
 */
export function backoffMs({ minMs, maxMs }: Backoff, failures: number, random: number): number {
  const full = Math.min(maxMs, minMs * 2 ** (failures - 1));
  return full * (1 - random / 2);
}
