import type { AttemptPort } from '../ports/attempts.js';
import { checkAttemptKey } from '../validate.js';
import type { Parts } from './parts.js';

export function attemptCalls({ engine, clock, attempts }: Parts): AttemptPort {
  return {
    async countAttempt(key, windowMs) {
      checkAttemptKey(key);
      return engine.write(() => attempts.count(key, clock(), windowMs));
    },

    forgiveAttempt: (key) => engine.write(() => attempts.forgive(key, clock())),
  };
}
