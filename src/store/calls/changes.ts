// These calls read the feed of changes.
import type { ChangePort } from '../ports/changes.js';
import { checkCount } from '../ports/validate.js';
import type { StoreContext } from './context.js';

/** The calls that read the feed of changes. */
export function changeCalls({ engine, changes }: StoreContext): ChangePort {
  return {
    lastChange: () => engine.read(() => changes.last()),

    async changesSince(seq, limit) {
      checkCount('changes to read', limit);
      return engine.read(() => changes.since(seq, limit));
    },
  };
}
