// Ordered sessions are those of one user, sorted by the ids of their devices.
import type { SessionRange } from '../../contract/session.js';
import type { TunnelSession } from '../session/main/tunnel-session.js';

/**
 * Sessions sorted by the ids of their devices, which compare as strings: a range of them is found without looking at the
 * others. There is at most one session of each device.
 */
export class OrderedSessions {
  readonly #sessions: TunnelSession[] = [];

  get size(): number {
    return this.#sessions.length;
  }

  add(session: TunnelSession): void {
    const index = this.#indexOf(session.identity.deviceId);
    if (this.#sessions[index] !== session) this.#sessions.splice(index, 0, session);
  }

  delete(session: TunnelSession): void {
    const index = this.#indexOf(session.identity.deviceId);
    if (this.#sessions[index] === session) this.#sessions.splice(index, 1);
  }

  /** The sessions of the devices from `from` to `upTo`, both included. */
  *within({ from = '', upTo }: Omit<SessionRange, 'limit'>): Generator<TunnelSession, void> {
    for (let index = this.#indexOf(from); ; index++) {
      const session = this.#sessions[index];
      if (session === undefined || (upTo !== undefined && session.identity.deviceId > upTo)) return;
      yield session;
    }
  }

  /** The index of the first session whose device is not before `deviceId`, by binary search. */
  #indexOf(deviceId: string): number {
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
