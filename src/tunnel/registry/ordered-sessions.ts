import type { SessionRange } from '../../contract/session.js';
import type { TunnelSession } from '../session/main/tunnel-session.js';

/**
 * The sessions of one user in the order of their devices' ids, which compare as strings: a part of them is found without
 * looking at the others. At most one session of each device.
 */
export class OrderedSessions {
  readonly #sessions: TunnelSession[] = [];

  get size(): number {
    return this.#sessions.length;
  }

  add(session: TunnelSession): void {
    const place = this.#placeOf(session.identity.deviceId);
    if (this.#sessions[place] !== session) this.#sessions.splice(place, 0, session);
  }

  delete(session: TunnelSession): void {
    const place = this.#placeOf(session.identity.deviceId);
    if (this.#sessions[place] === session) this.#sessions.splice(place, 1);
  }

  /** Those between the ends of a range, both included, whatever its limit. */
  *within({ from = '', upTo }: Omit<SessionRange, 'limit'>): Generator<TunnelSession, void> {
    for (let place = this.#placeOf(from); ; place++) {
      const session = this.#sessions[place];
      if (session === undefined || (upTo !== undefined && session.identity.deviceId > upTo)) return;
      yield session;
    }
  }

  /** Of the first one that is not before `deviceId`. */
  #placeOf(deviceId: string): number {
    let [low, high] = [0, this.#sessions.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const session = this.#sessions[middle];
      if (session !== undefined && session.identity.deviceId < deviceId) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
