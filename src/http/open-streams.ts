import type { Principal } from '../auth/authenticator.js';
import type { SignInId } from '../store/ids.js';

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

  /** Only what a session began is kept: an access token is good for minutes and is not taken away. */
  add(user: Principal, stream: OpenStream): void {
    if (user.via !== 'session') return;
    const streams = this.#bySignIn.get(user.signInId);
    if (streams === undefined) this.#bySignIn.set(user.signInId, new Set([stream]));
    else streams.add(stream);
  }

  remove(user: Principal, stream: OpenStream): void {
    if (user.via !== 'session') return;
    const streams = this.#bySignIn.get(user.signInId);
    streams?.delete(stream);
    if (streams?.size === 0) this.#bySignIn.delete(user.signInId);
  }

  /** Ends what this session began. @param signIn undefined: some may have ended, and nobody knows which */
  ended(signIn: SignInId | undefined): void {
    const concerned = signIn === undefined ? [...this.#bySignIn.keys()] : [signIn];
    for (const id of concerned) for (const stream of [...(this.#bySignIn.get(id) ?? [])]) stream.cut();
  }
}
