// `internalForm` makes calls in the form of the internal API, which remote-proxy and its peers share.
import { randomBytes } from 'node:crypto';
import type { CallForm } from './relay.js';

/** Makes calls in the form of the internal API, which every peer accepts too. @param secret the product's internal secret */
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

/** Makes up tokens as long as real ones, for relays that check nothing. */
export function inventedTokens(count: number): string[] {
  return Array.from({ length: count }, () => randomBytes(32).toString('base64url'));
}
