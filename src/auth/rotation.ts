// RotationWatch notices a rotated refresh token in the provider's answer before the rest of the answer is checked.
import { decodeJwt } from 'jose';
import type * as oc from 'openid-client';
import { z } from 'zod';
import type { UserKey } from './identity.js';

const answerSchema = z.object({ refresh_token: z.string().min(1), id_token: z.unknown() });

/** Is called with the refresh token that replaces the one that was sent. */
export type OnRotated = (refreshToken: string) => void;

interface Watched {
  readonly user: UserKey;
  readonly rotated: OnRotated;
}

/**
 * A fetch that reports the refresh token of an answer before the library validates the answer: the provider has made the old
 * token void, even if the rest of its answer is wrong (RFC 6749 §6, docs/adr/0026).
 */
export class RotationWatch {
  /** Refreshes under way, by the refresh token that they send. */
  readonly #watched = new Map<string, Watched>();

  readonly fetch: oc.CustomFetch = async (url, options) => {
    const response = await fetch(url, options as RequestInit);
    const sent = options.body instanceof URLSearchParams ? options.body.get('refresh_token') : null;
    const watched = sent === null ? undefined : this.#watched.get(sent);
    if (watched !== undefined && response.status === 200) {
      const refreshToken = await refreshTokenOf(response.clone(), watched.user);
      if (refreshToken !== undefined) watched.rotated(refreshToken);
    }
    return response;
  };

  /** Runs `call`, which sends `refreshToken`. Only one call at a time may send a token. */
  async during<T>(refreshToken: string, watched: Watched, call: () => Promise<T>): Promise<T> {
    this.#watched.set(refreshToken, watched);
    try {
      return await call();
    } finally {
      this.#watched.delete(refreshToken);
    }
  }
}

/** The refresh token in an answer. Undefined: there is none for this user; openid-client then reports the fault of the answer. */
async function refreshTokenOf(answer: Response, user: UserKey): Promise<string | undefined> {
  try {
    const { data } = answerSchema.safeParse(await answer.json());
    return data === undefined || isOfAnother(data.id_token, user) ? undefined : data.refresh_token;
  } catch {
    return undefined;
  }
}

/** Whether an unverified ID token names another user: tokens of that answer are neither kept nor revoked. */
function isOfAnother(idToken: unknown, { issuer, subject }: UserKey): boolean {
  if (typeof idToken !== 'string') return false;
  try {
    const { iss = issuer, sub = subject } = decodeJwt(idToken);
    return iss !== issuer || sub !== subject;
  } catch {
    return false;
  }
}
