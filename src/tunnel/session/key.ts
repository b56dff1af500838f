import { createHash } from 'node:crypto';
import type { SessionKey } from './contract.js';

const HEX_SHA256 = /^[0-9a-f]{64}$/;

/**
 * The key of a session token. A key given instead of a token is answered as it is, so that a `Summary.token` can be
 * used wherever the device's own token can; no token has that shape (they are 43 characters of base64url).
 */
export function sessionKey(tokenOrKey: string): SessionKey {
  if (HEX_SHA256.test(tokenOrKey)) return tokenOrKey as SessionKey;
  return createHash('sha256').update(tokenOrKey).digest('hex') as SessionKey;
}
