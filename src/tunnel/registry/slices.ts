import { setImmediate as nextTurn } from 'node:timers/promises';

/** Sessions that are handled in one turn of the event loop: it takes a few milliseconds at most. */
export const SLICE = 256;

/** Handles all items, a slice of them a turn of the event loop: others have their turns in between. */
export async function inSlices<T, R>(items: readonly T[], handle: (slice: readonly T[]) => R): Promise<R[]> {
  const handled: R[] = [];
  for (let from = 0; from < items.length; from += SLICE) {
    if (from > 0) await nextTurn();
    handled.push(handle(items.slice(from, from + SLICE)));
  }
  return handled;
}
