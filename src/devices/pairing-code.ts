import { createHash, randomBytes } from 'node:crypto';
import { hashToken, type TokenHash } from '../store/ports/ids.js';

declare const brand: unique symbol;

/** A pairing token for programs: 256 random bits, base64url. */
export type PairingSecret = string & { readonly [brand]: 'PairingSecret' };

/** The same token for people: 10 characters of {@link ALPHABET}. */
export type PairingCode = string & { readonly [brand]: 'PairingCode' };

/** Digits and capitals without 0 O 1 I L U, which are misread, misheard, or make words. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const BASE = BigInt(ALPHABET.length);
const CODE_LENGTH = 10;
const GROUP_LENGTH = 5;

/** The label keeps what is derived here apart from everything else that is made of such tokens. */
const LABEL = 'visiona pairing code\0';

/** 32 bytes in base64url. */
const SECRET = /^[\w-]{43}$/;
/** Longer text is no code, however it is spaced. */
const MAX_TYPED = 64;

export function newPairingSecret(): PairingSecret {
  return randomBytes(32).toString('base64url') as PairingSecret;
}

/**
 * The code of a token. It is derived from the token, so that one hash is stored for both and neither is asked for twice.
 * 30¹⁰ codes are 49 bits: too few for a password, and enough for what is good once, for minutes, and only where attempts
 * are counted (docs/adr/0011).
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

/** As a person reads it: `ABCDE-FGHJK`. */
export function shownCode(code: PairingCode): string {
  return `${code.slice(0, GROUP_LENGTH)}-${code.slice(GROUP_LENGTH)}`;
}

/** What of a code is stored. */
export function hashCode(code: PairingCode): TokenHash {
  return hashToken(code);
}

/**
 * The hash that `presented`, a token or a code in any case with spaces and dashes, is looked up by. What is neither has
 * the hash of no code, so that it is refused by the same steps.
 */
export function hashPresented(presented: unknown): TokenHash {
  if (typeof presented !== 'string' || presented.length > MAX_TYPED) return hashToken('');
  const text = presented.trim();
  if (SECRET.test(text)) return hashCode(codeOf(text as PairingSecret));
  return hashToken(text.replace(/[\s-]+/g, '').toUpperCase());
}
