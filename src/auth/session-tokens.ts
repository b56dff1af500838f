// This file defines a session with the provider's tokens, and seals the tokens for the store.
import { decodeJwt } from 'jose';
import { z } from 'zod';
import type { CookieHash } from '../store/ports/ids.js';
import type { SignIn } from '../store/ports/sign-ins.js';
import type { Tokens } from './provider.js';
import type { Sealer } from './seal.js';

const schema = z.object({
  issuer: z.string(),
  subject: z.string(),
  name: z.string().optional(),
  email: z.string().optional(),
  idToken: z.string().optional(),
  refreshToken: z.string().optional(),
  expiresAt: z.number().optional(),
});

/** The user who signed in, and the provider's tokens. `expiresAt`: when the access token expires, in ms since 1970. */
export type SessionTokens = Readonly<z.infer<typeof schema>>;

const PURPOSE = 'session tokens';

/** Encrypts tokens for the store, so that they can be opened for this cookie's session only. */
export function sealTokens(sealer: Sealer, cookie: CookieHash, tokens: SessionTokens): string {
  return sealer.seal(PURPOSE, cookie, JSON.stringify(schema.parse(tokens)));
}

/**
 * Decrypts the tokens of a session. Undefined: {@link sealTokens} did not make `sealed` for this session, or its key was removed.
 */
export function openTokens(sealer: Sealer, cookie: CookieHash, sealed: string): SessionTokens | undefined {
  const text = sealer.open(PURPOSE, cookie, sealed);
  // Another version of the software may have sealed tokens of another shape: such a session is over.
  return text === undefined ? undefined : schema.safeParse(JSON.parse(text)).data;
}

/**
 * Whether revoking the tokens of one session may revoke those of the other: a provider may have one grant for everything that a
 * browser got for a user (RFC 7009 §2.1). Two sessions certainly have different grants only if their users differ, or the `sid`
 * of their ID tokens, which many providers leave out.
 */
export function mayShareGrant(one: SessionTokens, other: SessionTokens): boolean {
  if (one.issuer !== other.issuer || one.subject !== other.subject) return false;
  const [sid, otherSid] = [sidOf(one), sidOf(other)];
  return sid === undefined || otherSid === undefined || sid === otherSid;
}

/** The provider's session id. The ID token was verified when it was received. */
function sidOf({ idToken }: SessionTokens): unknown {
  return idToken === undefined ? undefined : decodeJwt(idToken).sid;
}

/** The tokens after a refresh, which may or may not bring a new refresh token and a new ID token. */
export function refreshed(tokens: SessionTokens, by: Tokens): SessionTokens {
  return {
    ...tokens,
    idToken: by.idToken ?? tokens.idToken,
    refreshToken: by.refreshToken ?? tokens.refreshToken,
    expiresAt: by.expiresAt,
  };
}

/** A live sign-in session. */
export interface Session {
  readonly signIn: SignIn;
  readonly cookie: CookieHash;
  readonly tokens: SessionTokens;
}
