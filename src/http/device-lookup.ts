import type { DeviceId, UserId } from '../store/ids.js';
import type { DevicePort } from '../store/ports.js';

/** How long an answer of the store is believed, in ms: a revoked device is out of reach within this time. */
const BELIEVED_MS = 1000;

/** Devices that are remembered; beyond it the oldest is forgotten. */
const MAX_REMEMBERED = 10_000;

/** Longer ids are of no device. */
const MAX_ID_LENGTH = 64;

interface Answer {
  readonly found: Promise<boolean>;
  readonly askedAt: number;
}

/**
 * Whether a device is there and belongs to a user, with a short memory, so that a busy device costs the store one
 * question a second. Only devices that are there are remembered: guesses push nothing out.
 */
export class DeviceLookup {
  readonly #store: Pick<DevicePort, 'findDevice'>;
  readonly #now: () => number;
  /** Oldest first, as every entry is believed for the same time. */
  readonly #answers = new Map<string, Answer>();
  readonly #max: number;

  /** @param now milliseconds of a clock that never steps back */
  constructor(
    store: Pick<DevicePort, 'findDevice'>,
    now: () => number = () => performance.now(),
    max: number = MAX_REMEMBERED,
  ) {
    this.#store = store;
    this.#now = now;
    this.#max = max;
  }

  /** Answers under way and remembered. */
  get size(): number {
    return this.#answers.size;
  }

  /** False: not there, revoked or another user's, which nobody can tell apart. Rejects with a `StoreError`. */
  has(owner: UserId, deviceId: string): Promise<boolean> {
    if (deviceId.length > MAX_ID_LENGTH) return Promise.resolve(false);
    const key = `${owner} ${deviceId}`;
    const known = this.#answers.get(key);
    if (known !== undefined && this.#now() - known.askedAt < BELIEVED_MS) return known.found;
    this.#answers.delete(key);
    this.#makeRoom();
    const answer = { found: this.#ask(owner, deviceId), askedAt: this.#now() };
    this.#answers.set(key, answer);
    const forget = () => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    };
    answer.found.then((found) => found || forget(), forget);
    return answer.found;
  }

  async #ask(owner: UserId, deviceId: string): Promise<boolean> {
    const device = await this.#store.findDevice(owner, deviceId as DeviceId);
    return device !== undefined && device.revokedAt === undefined;
  }

  #makeRoom(): void {
    const [oldest] = this.#answers.keys();
    if (this.#answers.size >= this.#max && oldest !== undefined) this.#answers.delete(oldest);
  }
}
