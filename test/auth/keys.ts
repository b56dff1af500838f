// These are the cookie keys of the tests: an old one, a new one, and both.
import { CookieKeys } from '../../src/auth/cookie-keys.js';
import { Secret } from '../../src/text/secret.js';

export const OLD_SECRET = new Secret('old-'.repeat(10));
export const NEW_SECRET = new Secret('new-'.repeat(10));

export const keys = new CookieKeys([NEW_SECRET]);
export const oldKeys = new CookieKeys([OLD_SECRET]);
export const rotatedKeys = new CookieKeys([NEW_SECRET, OLD_SECRET]);
