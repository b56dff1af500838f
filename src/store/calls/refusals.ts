import type { RefusalPort } from '../ports/refusals.js';
import { checkCount } from '../validate.js';
import type { Parts } from './parts.js';

export function refusalCalls({ engine, clock, credentials, pairingTokens }: Parts): RefusalPort {
  return {
    async spentCredentials(tokens) {
      checkCount('tokens that were refused', tokens.length);
      return engine.read(() => credentials.spent(tokens, clock()));
    },

    spentPairing: (hash) => engine.read(() => pairingTokens.findSpent(hash, clock())),
  };
}
