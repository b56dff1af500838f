// ActiveRequests ends requests under way as soon as the session or access token that began them ends.
import type { Principal } from '../auth/authenticator.js';
import { DenseSet, type Slotted } from '../collections/dense-set.js';
import type { SignInId } from '../store/ports/ids.js';

/** A request, or a WebSocket, that is under way for a user. */
export interface ActiveRequest extends Slotted {
  /** The user who sent the request; undefined until the request is added. */
  user: Principal | undefined;
  /** Ends the request at once: its user has lost access. */
  abort(): void;
}

/** How often the ends of access tokens are checked, in ms. */
const CHECK_EVERY_MS = 1000;

/**
 * The requests under way of all users, each ended with the session or access token that began it: access is checked when a
 * request begins, and may be taken away while it runs (03-identity §3.3). The set is searched whole when a session ends: sessions
 * end seldom, while requests begin and end all the time.
 */
export class ActiveRequests {
  readonly #open = new DenseSet<ActiveRequest>();
  #timer: NodeJS.Timeout | undefined;

  /** How many requests are under way. Tests read it, to see that each one leaves. */
  get size(): number {
    return this.#open.size;
  }

  add(user: Principal, request: ActiveRequest): void {
    request.user = user;
    this.#open.add(request);
    if (user.via === 'bearer') this.#timer ??= setTimeout(() => this.#check(), CHECK_EVERY_MS).unref();
  }

  /** Does nothing if the request was not added, or has been removed. */
  remove(request: ActiveRequest): void {
    this.#open.delete(request);
  }

  /** Ends the requests of these sessions. @param signIns undefined: any session may have ended */
  ended(signIns: ReadonlySet<SignInId> | undefined): void {
    for (const request of this.#open) {
      const { user } = request;
      if (user === undefined || user.via === 'bearer') continue;
      if (signIns === undefined || signIns.has(user.signInId)) request.abort();
    }
  }

  #check(): void {
    const now = Date.now();
    let isDue = false;
    for (const request of this.#open) {
      if (request.user?.via !== 'bearer') continue;
      if (request.user.endsAt <= now) request.abort();
      else isDue = true;
    }
    this.#timer = isDue ? setTimeout(() => this.#check(), CHECK_EVERY_MS).unref() : undefined;
  }
}
