import { randomBytes, randomInt } from 'node:crypto';

/** Letters and digits that are told apart when read aloud or typed: without 0 O 1 I L U. */
export const CODE_ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Characters of a code: 49 bits, which last for the minutes that a code lives because attempts are limited. */
export const CODE_LENGTH = 10;

/** A pairing token for programs: 256 random bits, base64url. */
export function newPairingToken(): string {
  return randomBytes(32).toString('base64url');
}

/** A pairing token that a person can type. */
export function newPairingCode(): string {
  return Array.from({ length: CODE_LENGTH }, () =>
    CODE_ALPHABET.charAt(randomInt(CODE_ALPHABET.length)),
  ).join('');
}
