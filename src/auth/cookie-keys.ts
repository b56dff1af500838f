// CookieKeys derives the keys for cookies and sealed tokens from SESSION_SECRET.
import { createHmac, hkdfSync } from 'node:crypto';
import type { Secret } from '../text/secret.js';

/** The keys derived from one entry of SESSION_SECRET: one for each purpose, none of which reveals another. */
export interface CookieKey {
  /** The key id that cookies and sealed texts carry; it reveals nothing about the key. */
  readonly kid: string;
  /** The key that signs cookies. */
  readonly mac: Buffer;
  /** The key that encrypts the tokens in the store's sign-in sessions. */
  readonly seal: Buffer;
}

const KID_BYTES = 6;
const KEY_BYTES = 32;

/** The keys of SESSION_SECRET: the first signs and seals, all of them verify and open. */
export class CookieKeys {
  readonly current: CookieKey;
  /** The ids of all keys, in the order of SESSION_SECRET. */
  readonly kids: readonly string[];
  readonly #byKid: ReadonlyMap<string, CookieKey>;

  /** @param secrets at least one */
  constructor(secrets: readonly Secret[]) {
    const keys = secrets.map(cookieKey);
    const [current] = keys;
    if (current === undefined) throw new RangeError('a session secret is needed');
    this.current = current;
    this.kids = keys.map(({ kid }) => kid);
    this.#byKid = new Map(keys.map((key) => [key.kid, key]));
  }

  /** The key with that id. Undefined: the key was removed, or never existed. */
  find(kid: string): CookieKey | undefined {
    return this.#byKid.get(kid);
  }
}

function cookieKey(secret: Secret): CookieKey {
  const derive = (purpose: string, bytes: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret.reveal(), '', `visiona session ${purpose}`, bytes));
  return {
    kid: derive('key id', KID_BYTES).toString('base64url'),
    mac: derive('cookie mac', KEY_BYTES),
    seal: derive('token seal', KEY_BYTES),
  };
}

/** Encodes fields so that different fields always give different bytes: each field follows its length. */
export function delimited(...fields: readonly string[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = Buffer.from(field);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** HMAC-SHA256 over the fields, base64url. */
export function macOf(key: Buffer, ...fields: readonly string[]): string {
  return createHmac('sha256', key)
    .update(delimited(...fields))
    .digest('base64url');
}
