// These calls count attempts at guessing something, such as a pairing code.
import type { AttemptPort } from '../ports/attempts.js';
import { checkAttemptKey } from '../ports/validate.js';
import type { StoreContext } from './context.js';

/**
 * The calls that count attempts. The database's clock measures their windows: a process with a wrong clock would end windows of
 * others.
 */
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
