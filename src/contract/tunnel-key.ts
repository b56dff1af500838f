import { BoundedMap } from '../collections/bounded-map.js';
import { hashToken } from '../store/ports/ids.js';

const HEX_SHA256 = /^[0-9a-f]{64}$/;

/** Keys that are remembered, so that a busy token is not hashed at every call. */
const REMEMBERED = 4096;
/** Nothing longer is a token that is worth remembering. */
const TOKEN_LENGTH = 64;
const remembered = new BoundedMap<TunnelKey>(REMEMBERED);

/**
 * The key of a session token. A key given instead of a token is answered as it is, so that a `Summary.token` can be
 * used wherever the device's own token can; no token has that shape (they are 43 characters of base64url).
 */
export function tunnelKey(tokenOrKey: string): TunnelKey {
  const known = remembered.get(tokenOrKey);
  if (known !== undefined) return known;
  if (HEX_SHA256.test(tokenOrKey)) return tokenOrKey as TunnelKey;
  const key = hashToken(tokenOrKey) as string as TunnelKey;
  if (tokenOrKey.length <= TOKEN_LENGTH) remembered.set(tokenOrKey, key);
  return key;
}

/**
 * The session contract of the seed (tunnel.md §5, 02-tunnel.md §2.4). A session's `token` here is its key: the
 * SHA-256 of the device's session token in lower-case hex, so that no list or log can leak a credential.
 */
export type TunnelKey = string & { readonly tunnelKey: unique symbol };
