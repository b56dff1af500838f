// The internal form is how calls are made at the internal API of remote-proxy and of its peers.
import { randomBytes } from 'node:crypto';
import type { CallForm } from './relay.js';

/** Calls in the form of the internal API, which every peer takes too. @param secret of the product's */
export function internalForm(
  tokens: readonly string[],
  secret?: string,
): (method: string, target: string) => CallForm {
  return (method, target) => ({
    method: 'POST',
    headers: {
      'X-Forward-Method': method,
      'X-Forward-Target': target,
      ...(secret !== undefined && { Authorization: `Bearer ${secret}` }),
    },
    path: (device) => `/internal/forward/http?token=${tokens[device]}`,
  });
}

/** Names of tunnels, for relays that check nothing; as long as real ones. */
export function inventedTokens(count: number): string[] {
  return Array.from({ length: count }, () => randomBytes(32).toString('base64url'));
}
