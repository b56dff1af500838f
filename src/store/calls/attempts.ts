import type { AttemptPort } from '../ports/attempts.js';
import { checkAttemptKey } from '../validate.js';
import type { Parts } from './parts.js';

/** By the database's clock: a process whose own is wrong would end what the others have counted. */
export function attemptCalls({ engine, attempts }: Parts): AttemptPort {
  return {
    async countAttempt(key, windowMs) {
      checkAttemptKey(key);
      return engine.write(function* () {
        return yield* attempts.count(key, yield* engine.time(), windowMs);
      });
    },

    forgiveAttempt: (key) =>
      engine.write(function* () {
        yield* attempts.forgive(key, yield* engine.time());
      }),
  };
}
