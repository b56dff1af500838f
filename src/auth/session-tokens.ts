import { decodeJwt } from 'jose';
import { z } from 'zod';
import type { CookieHash } from '../store/ports/ids.js';
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

/** What is kept of a sign-in beside its session: who it was, and the provider's tokens. Times in ms since 1970. */
export type SessionTokens = Readonly<z.infer<typeof schema>>;

const PURPOSE = 'session tokens';

/** As the store keeps it: good for this cookie's session only. */
export function sealTokens(sealer: Sealer, cookie: CookieHash, tokens: SessionTokens): string {
  return sealer.seal(PURPOSE, cookie, JSON.stringify(schema.parse(tokens)));
}

/** Undefined: it is not what {@link sealTokens} made for this session, or its key was taken away. */
export function openTokens(sealer: Sealer, cookie: CookieHash, sealed: string): SessionTokens | undefined {
  const text = sealer.open(PURPOSE, cookie, sealed);
  // What another version of the software sealed may look otherwise: its session is over.
  return text === undefined ? undefined : schema.safeParse(JSON.parse(text)).data;
}

/**
 * Whether the provider may take the tokens of one back with those of the other: it may have one grant for all that a browser
 * was given for a user (RFC 7009 §2.1). Only another user, or two sessions there that its ID tokens tell apart (`sid`), are
 * told apart for certain; many a provider tells no `sid`.
 */
export function mayShareGrant(one: SessionTokens, other: SessionTokens): boolean {
  if (one.issuer !== other.issuer || one.subject !== other.subject) return false;
  const [sid, otherSid] = [sidOf(one), sidOf(other)];
  return sid === undefined || otherSid === undefined || sid === otherSid;
}

/** Of an ID token that was verified when it came. */
function sidOf({ idToken }: SessionTokens): unknown {
  return idToken === undefined ? undefined : decodeJwt(idToken).sid;
}

/** The tokens after a refresh, which may bring a new refresh token and a new ID token, or not. */
export function refreshed(tokens: SessionTokens, by: Tokens): SessionTokens {
  return {
    ...tokens,
    idToken: by.idToken ?? tokens.idToken,
    refreshToken: by.refreshToken ?? tokens.refreshToken,
    expiresAt: by.expiresAt,
  };
}
