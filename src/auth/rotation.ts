import type * as oc from 'openid-client';
import { z } from 'zod';

const answerSchema = z.object({ refresh_token: z.string().min(1) });

/** Hears of a refresh token that replaces the one that was sent. */
export type OnRotated = (refreshToken: string) => void;

/**
 * A fetch that tells which refresh token an answer brings, before anybody judges the rest of it: the provider has taken
 * the one that was sent back, whatever else is wrong with what it answers (RFC 6749 §6).
 */
export class RotationWatch {
  /** Refreshes under way, by the token that they send. */
  readonly #watched = new Map<string, OnRotated>();

  readonly fetch: oc.CustomFetch = async (url, options) => {
    const response = await fetch(url, options as RequestInit);
    const sent = options.body instanceof URLSearchParams ? options.body.get('refresh_token') : null;
    const rotated = sent === null ? undefined : this.#watched.get(sent);
    if (rotated !== undefined && response.status === 200) {
      const refreshToken = await refreshTokenOf(response.clone());
      if (refreshToken !== undefined) rotated(refreshToken);
    }
    return response;
  };

  /** Runs `call`, which sends `refreshToken`. One at a time may send it. */
  async during<T>(refreshToken: string, rotated: OnRotated, call: () => Promise<T>): Promise<T> {
    this.#watched.set(refreshToken, rotated);
    try {
      return await call();
    } finally {
      this.#watched.delete(refreshToken);
    }
  }
}

/** Undefined: the answer brings none. What is wrong with it is for its reader to say. */
async function refreshTokenOf(answer: Response): Promise<string | undefined> {
  try {
    return answerSchema.safeParse(await answer.json()).data?.refresh_token;
  } catch {
    return undefined;
  }
}
