// This file seals a pending sign-in into the `state` that the browser brings back from the provider.
import { z } from 'zod';
import type { CookieHash } from '../store/ports/ids.js';
import type { Sealer } from './seal.js';

/** The facts about a sign-in that are needed when its browser comes back from the provider. */
const schema = z.object({
  nonce: z.string(),
  verifier: z.string(),
  /** When the sign-in expires, in ms since 1970. */
  expiresAt: z.number(),
  returnTo: z.string(),
});

/** A sign-in whose browser is at the provider. */
export type PendingSignIn = Readonly<z.infer<typeof schema>>;

const PURPOSE = 'sign-in state';

/**
 * Seals the `state` of a sign-in (RFC 6749 §4.1.1): the whole pending sign-in, encrypted for this browser's cookie only. The
 * provider hands it back, so that the server keeps nothing until then (docs/adr/0014).
 */
export function sealState(sealer: Sealer, browser: CookieHash, pending: PendingSignIn): string {
  return sealer.seal(PURPOSE, browser, JSON.stringify(pending));
}

/** Opens the `state` of a sign-in. Undefined: {@link sealState} did not make `state` for this browser, or its key was removed. */
export function openState(sealer: Sealer, browser: CookieHash, state: string): PendingSignIn | undefined {
  const text = sealer.open(PURPOSE, browser, state);
  return text === undefined ? undefined : schema.safeParse(JSON.parse(text)).data;
}
