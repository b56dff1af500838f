// This file makes pairing tokens and the codes that people type for them, and hashes either for the store.
import { createHash, randomBytes } from 'node:crypto';
import { hashToken, type TokenHash } from '../store/ports/ids.js';

declare const brand: unique symbol;

/** A pairing token as programs use it: 256 random bits, base64url. */
export type PairingSecret = string & { readonly [brand]: 'PairingSecret' };

/** A pairing token as people type it: 10 characters of {@link ALPHABET}. */
export type PairingCode = string & { readonly [brand]: 'PairingCode' };

/** Digits and capitals without 0 O 1 I L U, which are misread or misheard, or form words. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const BASE = BigInt(ALPHABET.length);
const CODE_LENGTH = 10;
const GROUP_LENGTH = 5;

/** The label separates this hash of a token from any other use of the same token (domain separation). */
const LABEL = 'visiona pairing code\0';

/** 32 bytes in base64url. */
const SECRET = /^[\w-]{43}$/;
/** Text longer than this, in characters, is no code, however it is spaced. */
const MAX_TYPED = 64;

/** Makes a pairing token. */
export function newPairingSecret(): PairingSecret {
  return randomBytes(32).toString('base64url') as PairingSecret;
}

/**
 * The code of a token. The code is derived from the token, so that one stored hash finds both. 30¹⁰ codes are 49 bits: too
 * few for a password, and enough for a secret that works once, for minutes, and whose guesses are counted (docs/adr/0011).
 */
export function codeOf(secret: PairingSecret): PairingCode {
  const digest = createHash('sha256').update(LABEL).update(secret).digest('hex');
  let rest = BigInt(`0x${digest}`);
  let code = '';
  while (code.length < CODE_LENGTH) {
    code += ALPHABET.charAt(Number(rest % BASE));
    rest /= BASE;
  }
  return code as PairingCode;
}

/** The code as it is shown to a person: `ABCDE-FGHJK`. */
export function shownCode(code: PairingCode): string {
  return `${code.slice(0, GROUP_LENGTH)}-${code.slice(GROUP_LENGTH)}`;
}

/** The hash that the store keeps of a code. */
export function hashCode(code: PairingCode): TokenHash {
  return hashToken(code);
}

/**
 * The hash by which the store finds what a device presented: a token, or a code in any case with spaces and dashes. Any other
 * value gets a hash that no code has, so that it is refused by the same steps.
 */
export function hashPresented(presented: unknown): TokenHash {
  if (typeof presented !== 'string' || presented.length > MAX_TYPED) return hashToken('');
  const text = presented.trim();
  if (SECRET.test(text)) return hashCode(codeOf(text as PairingSecret));
  return hashToken(text.replace(/[\s-]+/g, '').toUpperCase());
}
