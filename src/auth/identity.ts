// This file reads from the claims of an ID token who signed in.
import { StoreError } from '../store/ports/errors.js';
import { checkUserKey } from '../store/ports/validate.js';
import { truncate } from '../text/characters.js';
import { ProviderError } from './provider-error.js';

/** The key of a user, exactly as the provider writes it. */
export interface UserKey {
  readonly issuer: string;
  readonly subject: string;
}

/** The user who signed in. `name` and `email` are shown to people and decide nothing. */
export interface Identity extends UserKey {
  readonly name: string | undefined;
  readonly email: string | undefined;
}

/** The length to which names and addresses are cut, in characters. */
const MAX_SHOWN = 255;

/**
 * Reads the claims of an ID token that has been verified.
 * @throws ProviderError ERR_PROVIDER_ANSWER if issuer and subject are not a user's key: openid-client lets a blank `sub` pass
 */
export function identityOf(claims: Readonly<Record<string, unknown>>): Identity {
  const { iss, sub, name, email } = claims;
  if (typeof iss !== 'string' || typeof sub !== 'string') throw refused('they are missing');
  try {
    checkUserKey(iss, sub);
  } catch (error) {
    throw error instanceof StoreError ? refused(error.message) : error;
  }
  return { issuer: iss, subject: sub, name: shown(name), email: shown(email) };
}

function refused(why: string): ProviderError {
  return new ProviderError('ERR_PROVIDER_ANSWER', `iss and sub of the ID token are no user: ${why}`);
}

function shown(text: unknown): string | undefined {
  return typeof text === 'string' && text.trim() !== '' ? truncate(text, MAX_SHOWN) : undefined;
}
