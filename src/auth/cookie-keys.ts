import { createHmac, hkdfSync } from 'node:crypto';
import type { Secret } from '../text/secret.js';

/** What one entry of SESSION_SECRET is used for: a key for each purpose, none of which gives another away. */
export interface CookieKey {
  /** Names the key in what it made; says nothing of it. */
  readonly kid: string;
  /** Signs cookies. */
  readonly mac: Buffer;
  /** Encrypts what the store keeps of a sign-in. */
  readonly seal: Buffer;
}

const KID_BYTES = 6;
const KEY_BYTES = 32;

/** The keys of SESSION_SECRET: the first makes, all read. */
export class CookieKeys {
  readonly current: CookieKey;
  /** Of all, in their order. */
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

  /** Undefined: a key that was taken away, or never was. */
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

/** Fields as bytes that only these fields give: each behind its length. */
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
