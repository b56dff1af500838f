// These calls count tries.
import type { AttemptPort } from '../ports/attempts.js';
import { checkAttemptKey } from '../ports/validate.js';
import type { StoreContext } from './context.js';

/** Windows are measured by the database's clock: a process with a wrong clock would end what the others have counted. */
export function attemptCalls({ engine, attempts }: StoreContext): AttemptPort {
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
