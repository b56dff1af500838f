import { readFileSync } from 'node:fs';

/** More tunnels than any process has descriptors, in its memory: what is bounded where there is no limit. */
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
    // There is no /proc on other systems: the setting is the bound there.
    return UNLIMITED;
  }
}

/** How many of them may be tunnels: a quarter is kept for REST and internal API, the store and files. @returns at least 1 */
export function tunnelsWithin(limit: number): number {
  const reserve = Math.min(MOST_RESERVE, Math.max(LEAST_RESERVE, Math.floor(limit / 4)));
  return Math.max(1, limit - reserve);
}
