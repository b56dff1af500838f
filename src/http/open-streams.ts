import type { Principal } from '../auth/authenticator.js';
import type { SignInId } from '../store/ids.js';

/** A user by a session, which can end. */
export type SignedIn = Extract<Principal, { via: 'session' }>;

/** Something under way for a user. */
export interface OpenStream {
  /** Ends it at once, for its user may not have it any more. */
  cut(): void;
}

/**
 * What is under way for each sign-in session, to be ended with it: access is checked when a stream begins, and taken away
 * while it runs (03-identity §3.3).
 */
export class OpenStreams {
  readonly #bySignIn = new Map<SignInId, Set<OpenStream>>();

  /** Streams under way. */
  get size(): number {
    let size = 0;
    for (const streams of this.#bySignIn.values()) size += streams.size;
    return size;
  }

  add({ signInId }: SignedIn, stream: OpenStream): void {
    const streams = this.#bySignIn.get(signInId);
    if (streams === undefined) this.#bySignIn.set(signInId, new Set([stream]));
    else streams.add(stream);
  }

  remove({ signInId }: SignedIn, stream: OpenStream): void {
    const streams = this.#bySignIn.get(signInId);
    streams?.delete(stream);
    if (streams?.size === 0) this.#bySignIn.delete(signInId);
  }

  /** Ends what this session began. @param signIn undefined: some may have ended, and nobody knows which */
  ended(signIn: SignInId | undefined): void {
    const concerned = signIn === undefined ? [...this.#bySignIn.keys()] : [signIn];
    for (const id of concerned) for (const stream of [...(this.#bySignIn.get(id) ?? [])]) stream.cut();
  }
}
