import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BoundedMap } from '../collections/bounded-map.js';
import type { CookieHash } from '../store/ports/ids.js';
import { type CookieKeys, macOf } from './cookie-keys.js';

/** The only cookie. `__Host-`: browsers take it with Secure, Path=/ and without Domain only. */
export const COOKIE_NAME = '__Host-visiona_session';

/** A browser that is signed in, or one that may be on its way to sign in. */
export type CookieType = 'session' | 'pending';

/** A cookie of ours, of which its signature says that we made it; whether its session lives is for the store to say. */
export interface BrowserCookie {
  readonly type: CookieType;
  /** 256 random bits, base64url. */
  readonly id: string;
  readonly hash: CookieHash;
  /** Signed by a key that is no longer the first. */
  readonly stale: boolean;
}

/** Headers whose cookie is remembered. */
const MAX_REMEMBERED = 10_000;
/** Longer headers are read anew each time, in characters. */
const MAX_REMEMBERED_LENGTH = 1024;

const ID_BYTES = 32;
/** HttpOnly keeps it from scripts; Lax sends it with the navigation that comes back from the provider. */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';
const VALUE = /^v1\.([\w-]{8})\.(session|pending)\.([\w-]{43})\.([\w-]{43})$/;

/** Makes and reads `__Host-visiona_session=v1.<kid>.<type>.<id>.<mac>`. */
export class CookieCodec {
  readonly #keys: CookieKeys;
  /** Cookies by the header that they were in: a browser sends the same one with each request. */
  readonly #read = new BoundedMap<BrowserCookie>(MAX_REMEMBERED);

  constructor(keys: CookieKeys) {
    this.#keys = keys;
  }

  /** A cookie that was never there before. */
  create(type: CookieType): BrowserCookie {
    const id = randomBytes(ID_BYTES).toString('base64url');
    return { type, id, hash: hashOf(id), stale: false };
  }

  /** A `Set-Cookie` that gives it to the browser, signed with the first key. @param maxAge seconds */
  set({ type, id }: BrowserCookie, maxAge: number): string {
    const { kid, mac } = this.#keys.current;
    const value = `v1.${kid}.${type}.${id}.${sign(mac, kid, type, id)}`;
    return `${COOKIE_NAME}=${value}; ${ATTRIBUTES}; Max-Age=${maxAge}`;
  }

  /** A `Set-Cookie` that takes it away. */
  clear(): string {
    return `${COOKIE_NAME}=; ${ATTRIBUTES}; Max-Age=0`;
  }

  /**
   * The cookie in a `Cookie` header. Undefined: there is none, none of ours, or more than one, of which nobody can say
   * who set which.
   */
  read(header: string): BrowserCookie | undefined {
    const known = this.#read.get(header);
    if (known !== undefined) return known;
    const [value, ...more] = valuesOf(header);
    const cookie = value === undefined || more.length > 0 ? undefined : this.#open(value);
    if (cookie !== undefined && header.length <= MAX_REMEMBERED_LENGTH) this.#read.set(header, cookie);
    return cookie;
  }

  #open(value: string): BrowserCookie | undefined {
    const [, kid, type, id, mac] = VALUE.exec(value) ?? [];
    if (kid === undefined || id === undefined || mac === undefined) return undefined;
    const key = this.#keys.find(kid);
    if (key === undefined || !isCookieType(type)) return undefined;
    // Both are 43 characters of ASCII: lengths that differ would throw.
    if (!timingSafeEqual(Buffer.from(mac), Buffer.from(sign(key.mac, kid, type, id)))) return undefined;
    return { type, id, hash: hashOf(id), stale: key !== this.#keys.current };
  }
}

function sign(key: Buffer, kid: string, type: CookieType, id: string): string {
  return macOf(key, 'visiona cookie v1', COOKIE_NAME, kid, type, id);
}

function isCookieType(type: string | undefined): type is CookieType {
  return type === 'session' || type === 'pending';
}

function hashOf(id: string): CookieHash {
  return hash('sha256', id) as CookieHash;
}

/** Whether a `Cookie` header has our cookie, valid or not. */
export function hasCookie(header: string): boolean {
  return valuesOf(header).length > 0;
}

function valuesOf(header: string): string[] {
  const prefix = `${COOKIE_NAME}=`;
  if (!header.includes(prefix)) return [];
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(prefix))
    .map((pair) => pair.slice(prefix.length));
}
