import { decodeJwt } from 'jose';
import { z } from 'zod';
import type { CookieHash } from '../store/ids.js';
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
 * Whether they are of one session of one browser at the provider, as its ID tokens say (`sid`). There is one grant for
 * both then, and with the tokens of one the provider would take those of the other.
 */
export function shareGrant(one: SessionTokens, other: SessionTokens): boolean {
  const sid = sidOf(one);
  return sid !== undefined && sid === sidOf(other) && one.issuer === other.issuer;
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
