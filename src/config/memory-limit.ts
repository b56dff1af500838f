import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/**
 * How much memory this process may use, in bytes: the least of V8's heap limit (`--max-old-space-size`), that of its container (cgroup)
 * and what the machine has.
 */
export function memoryLimit(): number {
  // 0: not known; where there is no limit it is more than any machine has.
  const ofContainer = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.min(getHeapStatistics().heap_size_limit, ofContainer, totalmem());
}
