import type { Principal } from '../auth/authenticator.js';
import { DenseSet, type Slotted } from '../collections/dense-set.js';
import type { SignInId } from '../store/ports/ids.js';

/** Something under way for a user. */
export interface ActiveRequest extends Slotted {
  /** Whose it is; undefined until it was added. */
  user: Principal | undefined;
  /** Ends it at once, for its user may not have it any more. */
  abort(): void;
}

/** How often it is looked whether access tokens have ended, in ms. */
const LOOK_EVERY_MS = 1000;

/**
 * What is under way for each sign-in session, and by access tokens, to be ended with them: access is checked when a stream
 * begins, and taken away while it runs (03-identity §3.3). Sessions end seldom, calls begin and end all the time: so it is
 * one set, which is gone through when one does.
 */
export class ActiveRequests {
  readonly #open = new DenseSet<ActiveRequest>();
  #timer: NodeJS.Timeout | undefined;

  /** Streams under way. */
  get size(): number {
    return this.#open.size;
  }

  add(user: Principal, stream: ActiveRequest): void {
    stream.user = user;
    this.#open.add(stream);
    if (user.via === 'bearer') this.#timer ??= setTimeout(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Does nothing to one that was not added, or has been removed. */
  remove(stream: ActiveRequest): void {
    this.#open.delete(stream);
  }

  /** Ends what these sessions began. @param signIns undefined: some may have ended, and nobody knows which */
  ended(signIns: ReadonlySet<SignInId> | undefined): void {
    for (const stream of this.#open) {
      const { user } = stream;
      if (user === undefined || user.via === 'bearer') continue;
      if (signIns === undefined || signIns.has(user.signInId)) stream.abort();
    }
  }

  #look(): void {
    const now = Date.now();
    let isDue = false;
    for (const stream of this.#open) {
      if (stream.user?.via !== 'bearer') continue;
      if (stream.user.endsAt <= now) stream.abort();
      else isDue = true;
    }
    this.#timer = isDue ? setTimeout(() => this.#look(), LOOK_EVERY_MS).unref() : undefined;
  }
}
