import { SessionKeys } from '../../src/auth/session-keys.js';
import { Secret } from '../../src/config/secret.js';

export const OLD_SECRET = new Secret('old-'.repeat(10));
export const NEW_SECRET = new Secret('new-'.repeat(10));

export const keys = new SessionKeys([NEW_SECRET]);
export const oldKeys = new SessionKeys([OLD_SECRET]);
export const rotatedKeys = new SessionKeys([NEW_SECRET, OLD_SECRET]);
