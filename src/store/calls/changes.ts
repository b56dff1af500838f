import type { ChangePort } from '../ports.js';
import { checkCount } from '../validate.js';
import type { Parts } from './parts.js';

export function changeCalls({ engine, changes }: Parts): ChangePort {
  return {
    lastChange: () => engine.read(() => changes.last()),

    async changesSince(seq, limit) {
      checkCount('changes to read', limit);
      return engine.read(() => changes.since(seq, limit));
    },
  };
}
