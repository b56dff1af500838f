// This file seals what must be known when a browser comes back from the provider into the `state`.
import { z } from 'zod';
import type { CookieHash } from '../store/ports/ids.js';
import type { Sealer } from './seal.js';

/** What must be known when a browser comes back from the provider. */
const schema = z.object({
  nonce: z.string(),
  verifier: z.string(),
  /** In ms since 1970. */
  expiresAt: z.number(),
  returnTo: z.string(),
});

export type PendingSignIn = Readonly<z.infer<typeof schema>>;

const PURPOSE = 'sign-in state';

/**
 * The `state` of a sign-in (RFC 6749 §4.1.1): the whole pending sign-in, encrypted for this browser's cookie only. The provider
 * hands it back, so that the server keeps nothing until then (docs/adr/0014).
 */
export function sealState(sealer: Sealer, browser: CookieHash, pending: PendingSignIn): string {
  return sealer.seal(PURPOSE, browser, JSON.stringify(pending));
}

/** Undefined: `state` is not what {@link sealState} made for this browser, or its key was taken away. */
export function openState(sealer: Sealer, browser: CookieHash, state: string): PendingSignIn | undefined {
  const text = sealer.open(PURPOSE, browser, state);
  return text === undefined ? undefined : schema.safeParse(JSON.parse(text)).data;
}
