import { Believed } from '../store/believed.js';
import type { DeviceId, UserId } from '../store/ids.js';
import type { DevicePort } from '../store/ports.js';

/** Longer ids are of no device. */
const MAX_ID_LENGTH = 64;

/** Whether a device is there and belongs to a user, with a short memory of those that are. */
export class DeviceLookup {
  readonly #store: Pick<DevicePort, 'findDevice'>;
  readonly #known = new Believed((key) => this.#ask(key));

  constructor(store: Pick<DevicePort, 'findDevice'>) {
    this.#store = store;
  }

  /** False: not there, revoked or another user's, which nobody can tell apart. Rejects with a `StoreError`. */
  has(owner: UserId, deviceId: string): Promise<boolean> {
    if (deviceId.length > MAX_ID_LENGTH) return Promise.resolve(false);
    return this.#known.get(keyOf(owner, deviceId));
  }

  /** True: it was there just now. False: ask. */
  recall(owner: UserId, deviceId: string): boolean {
    return this.#known.recall(keyOf(owner, deviceId)) === true;
  }

  async #ask(key: string): Promise<boolean> {
    const space = key.indexOf(' ');
    const [owner, deviceId] = [key.slice(0, space) as UserId, key.slice(space + 1) as DeviceId];
    const device = await this.#store.findDevice(owner, deviceId);
    return device !== undefined && device.revokedAt === undefined;
  }
}

/** Our ids of users have no space. */
function keyOf(owner: UserId, deviceId: string): string {
  return `${owner} ${deviceId}`;
}
