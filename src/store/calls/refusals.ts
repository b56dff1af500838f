import type { RefusalPort } from '../ports/refusals.js';
import { checkCount } from '../ports/validate.js';
import type { StoreContext } from './context.js';

export function refusalCalls({ engine, clock, credentials, pairingTokens }: StoreContext): RefusalPort {
  return {
    async spentCredentials(tokens) {
      checkCount('tokens that were refused', tokens.length);
      return engine.read(() => credentials.spent(tokens, clock()));
    },

    spentPairing: (hash) => engine.read(() => pairingTokens.findSpent(hash, clock())),
  };
}
