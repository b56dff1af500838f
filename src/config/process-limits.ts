// These limits of the system bound this process: how many files it may open, and how much memory it may use.
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** The limit where the system has none: more descriptors than the memory of any process is enough for. */
const UNLIMITED = 1_000_000;

/** Fewest descriptors kept from tunnels: a process has some thirty of its own, and callers, files and the store need some. */
const LEAST_RESERVE = 96;
const MOST_RESERVE = 4096;

/** How many files and connections this process may have open (`ulimit -n`), as Node has raised it. */
export function descriptorLimit(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === undefined ? UNLIMITED : Number(soft);
  } catch {
    // Other systems have no /proc: there the setting alone is the bound.
    return UNLIMITED;
  }
}

/**
 * How many of `limit` descriptors may be tunnels: a quarter is kept for the REST and internal APIs, the store and files.
 * @returns at least 1
 */
export function tunnelsWithin(limit: number): number {
  const reserve = Math.min(MOST_RESERVE, Math.max(LEAST_RESERVE, Math.floor(limit / 4)));
  return Math.max(1, limit - reserve);
}

/**
 * How much memory this process may use, in bytes: the least of V8's heap limit (`--max-old-space-size`), that of its
 * container (cgroup) and the memory of the machine.
 */
export function memoryLimit(): number {
  // The value is 0 if the limit is not known, and more than any machine has if there is no limit.
  const ofContainer = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.min(getHeapStatistics().heap_size_limit, ofContainer, totalmem());
}
