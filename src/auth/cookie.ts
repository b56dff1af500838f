// CookieCodec makes and reads the one cookie that the product sets.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BoundedMap } from '../collections/bounded-map.js';
import type { CookieHash } from '../store/ports/ids.js';
import { type CookieKeys, macOf } from './cookie-keys.js';

/** The cookie's name. Browsers accept a `__Host-` cookie only with Secure, Path=/ and without Domain. */
export const COOKIE_NAME = '__Host-visiona_session';

/** `session`: the browser is signed in. `pending`: it may be on its way to sign in. */
export type CookieType = 'session' | 'pending';

/** A cookie whose signature shows that we made it. Only the store knows whether its session lives. */
export interface BrowserCookie {
  readonly type: CookieType;
  /** 256 random bits, base64url. */
  readonly id: string;
  readonly hash: CookieHash;
  /** The cookie is signed by a key that is no longer the first. */
  readonly stale: boolean;
}

/** The number of `Cookie` headers whose parsed cookie is remembered. */
const MAX_REMEMBERED = 10_000;
/** The longest `Cookie` header whose cookie is remembered, in characters; longer ones are parsed each time. */
const MAX_REMEMBERED_LENGTH = 1024;

const ID_BYTES = 32;
/** HttpOnly hides the cookie from scripts; Lax sends it with the navigation that comes back from the provider. */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';
const VALUE = /^v1\.([\w-]{8})\.(session|pending)\.([\w-]{43})\.([\w-]{43})$/;

/** Makes and reads `__Host-visiona_session=v1.<kid>.<type>.<id>.<mac>`. */
export class CookieCodec {
  readonly #keys: CookieKeys;
  /** The cookies by the `Cookie` header that they were in: a browser sends the same header with each request. */
  readonly #read = new BoundedMap<BrowserCookie>(MAX_REMEMBERED);

  constructor(keys: CookieKeys) {
    this.#keys = keys;
  }

  /** Makes a cookie with a new random id. */
  create(type: CookieType): BrowserCookie {
    const id = randomBytes(ID_BYTES).toString('base64url');
    return { type, id, hash: hashOf(id), stale: false };
  }

  /** The `Set-Cookie` value that gives a cookie to the browser, signed with the first key. @param maxAge seconds */
  set({ type, id }: BrowserCookie, maxAge: number): string {
    const { kid, mac } = this.#keys.current;
    const value = `v1.${kid}.${type}.${id}.${sign(mac, kid, type, id)}`;
    return `${COOKIE_NAME}=${value}; ${ATTRIBUTES}; Max-Age=${maxAge}`;
  }

  /** The `Set-Cookie` value that removes the cookie from the browser. */
  clear(): string {
    return `${COOKIE_NAME}=; ${ATTRIBUTES}; Max-Age=0`;
  }

  /**
   * The cookie in a `Cookie` header. Undefined: the header has none of ours, or several, of which another page may have set one.
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
    // Both MACs have 43 ASCII characters: timingSafeEqual throws for different lengths.
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
