// A tunnel key names a session; it is made from the token that a device sends.
import { BoundedMap } from '../collections/bounded-map.js';
import { hashToken } from '../store/ports/ids.js';

/**
 * The key of a session; in the session contract (02-tunnel.md §2.4) `token` means this key. It is the SHA-256 of the
 * device's session token in lower-case hex, so that no list or log can leak a credential.
 */
export type TunnelKey = string & { readonly tunnelKey: unique symbol };

const HEX_SHA256 = /^[0-9a-f]{64}$/;

/** How many keys are cached, so that a busy token is not hashed at every call. */
const REMEMBERED = 4096;
/** Characters of the longest token whose key is cached; the product's own tokens have 43. */
const TOKEN_LENGTH = 64;
const remembered = new BoundedMap<TunnelKey>(REMEMBERED);

/**
 * The key of a session token. A key given instead of a token is returned as it is, so that a `Summary.token` can be
 * used wherever the device's own token can; no token looks like a key (tokens are 43 characters of base64url).
 */
export function tunnelKey(tokenOrKey: string): TunnelKey {
  const known = remembered.get(tokenOrKey);
  if (known !== undefined) return known;
  if (HEX_SHA256.test(tokenOrKey)) return tokenOrKey as TunnelKey;
  const key = hashToken(tokenOrKey) as string as TunnelKey;
  if (tokenOrKey.length <= TOKEN_LENGTH) remembered.set(tokenOrKey, key);
  return key;
}
