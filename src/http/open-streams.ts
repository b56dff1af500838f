import type { Principal } from '../auth/authenticator.js';
import type { SignInId } from '../store/ids.js';

/** Something under way for a user. */
export interface OpenStream {
  /** Ends it at once, for its user may not have it any more. */
  cut(): void;
}

/** How often it is looked whether access tokens have ended, in ms. */
const LOOK_EVERY_MS = 1000;

/**
 * What is under way for each sign-in session, and by access tokens, to be ended with them: access is checked when a stream
 * begins, and taken away while it runs (03-identity §3.3).
 */
export class OpenStreams {
  readonly #bySignIn = new Map<SignInId, Set<OpenStream>>();
  /** When the token of each ends, in ms since 1970. */
  readonly #byToken = new Map<OpenStream, number>();
  #timer: NodeJS.Timeout | undefined;

  /** Streams under way. */
  get size(): number {
    let size = this.#byToken.size;
    for (const streams of this.#bySignIn.values()) size += streams.size;
    return size;
  }

  add(user: Principal, stream: OpenStream): void {
    if (user.via === 'bearer') {
      this.#byToken.set(stream, user.endsAt);
      this.#timer ??= setTimeout(() => this.#look(), LOOK_EVERY_MS).unref();
      return;
    }
    const streams = this.#bySignIn.get(user.signInId);
    if (streams === undefined) this.#bySignIn.set(user.signInId, new Set([stream]));
    else streams.add(stream);
  }

  remove(user: Principal, stream: OpenStream): void {
    if (user.via === 'bearer') {
      this.#byToken.delete(stream);
      return;
    }
    const streams = this.#bySignIn.get(user.signInId);
    streams?.delete(stream);
    if (streams?.size === 0) this.#bySignIn.delete(user.signInId);
  }

  /** Ends what this session began. @param signIn undefined: some may have ended, and nobody knows which */
  ended(signIn: SignInId | undefined): void {
    const concerned = signIn === undefined ? [...this.#bySignIn.keys()] : [signIn];
    for (const id of concerned) for (const stream of [...(this.#bySignIn.get(id) ?? [])]) stream.cut();
  }

  #look(): void {
    const now = Date.now();
    for (const [stream, endsAt] of [...this.#byToken]) if (endsAt <= now) stream.cut();
    this.#timer =
      this.#byToken.size === 0 ? undefined : setTimeout(() => this.#look(), LOOK_EVERY_MS).unref();
  }
}
