import { decodeJwt } from 'jose';
import type * as oc from 'openid-client';
import { z } from 'zod';
import type { UserKey } from './identity.js';

const answerSchema = z.object({ refresh_token: z.string().min(1), id_token: z.unknown() });

/** Hears of a refresh token that replaces the one that was sent. */
export type OnRotated = (refreshToken: string) => void;

interface Watched {
  readonly user: UserKey;
  readonly rotated: OnRotated;
}

/**
 * A fetch that tells which refresh token an answer brings, before anybody judges the rest of it: the provider has taken
 * the one that was sent back, whatever else is wrong with what it answers (RFC 6749 §6).
 */
export class RotationWatch {
  /** Refreshes under way, by the token that they send. */
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

  /** Runs `call`, which sends `refreshToken`. One at a time may send it. */
  async during<T>(refreshToken: string, watched: Watched, call: () => Promise<T>): Promise<T> {
    this.#watched.set(refreshToken, watched);
    try {
      return await call();
    } finally {
      this.#watched.delete(refreshToken);
    }
  }
}

/** Undefined: the answer brings none of this user. What is wrong with it is for its reader to say. */
async function refreshTokenOf(answer: Response, user: UserKey): Promise<string | undefined> {
  try {
    const { data } = answerSchema.safeParse(await answer.json());
    return data === undefined || isOfAnother(data.id_token, user) ? undefined : data.refresh_token;
  } catch {
    return undefined;
  }
}

/** Whether an ID token, as it says itself, is another user's: those tokens are not ours to keep, nor to take back. */
function isOfAnother(idToken: unknown, { issuer, subject }: UserKey): boolean {
  if (typeof idToken !== 'string') return false;
  try {
    const { iss = issuer, sub = subject } = decodeJwt(idToken);
    return iss !== issuer || sub !== subject;
  } catch {
    return false;
  }
}
