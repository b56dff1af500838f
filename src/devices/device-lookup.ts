import { TtlCache } from '../store/client/ttl-cache.js';
import type { Changes } from '../store/ports/changes.js';
import type { DevicePort } from '../store/ports/devices.js';
import type { DeviceId, UserId } from '../store/ports/ids.js';

/** Longer ids are of no device. */
const MAX_ID_LENGTH = 64;

/** Whether a device is there and belongs to a user, with a short memory of those that are. */
export class DeviceLookup {
  readonly #store: Pick<DevicePort, 'findDevice'>;
  readonly #known = new TtlCache((key) => this.#ask(key));

  constructor(store: Pick<DevicePort, 'findDevice'>) {
    this.#store = store;
  }

  /** False: not there, revoked or another user's, which nobody can tell apart. Rejects with a `StoreError`. */
  has(owner: UserId, deviceId: string): Promise<boolean> {
    if (deviceId.length > MAX_ID_LENGTH) return Promise.resolve(false);
    return this.#known.get(keyOf(owner, deviceId));
  }

  /** True: it was there just now. False: ask. */
  peek(owner: UserId, deviceId: string): boolean {
    return this.#known.peek(keyOf(owner, deviceId)) === true;
  }

  /** Takes what the store reports: a device that any process revoked is not known any more. */
  changed({ changes, missed }: Changes): void {
    if (missed) return this.#known.forgetAll();
    const revoked = new Set(
      changes.flatMap((change) => (change.kind === 'device-revoked' ? [change.deviceId] : [])),
    );
    if (revoked.size > 0) this.#known.forgetThose((key) => revoked.has(deviceOf(key)));
  }

  async #ask(key: string): Promise<boolean> {
    const device = await this.#store.findDevice(ownerOf(key), deviceOf(key));
    return device !== undefined && device.revokedAt === undefined;
  }
}

/** Our ids of users have no space. */
function keyOf(owner: UserId, deviceId: string): string {
  return `${owner} ${deviceId}`;
}

function ownerOf(key: string): UserId {
  return key.slice(0, key.indexOf(' ')) as UserId;
}

function deviceOf(key: string): DeviceId {
  return key.slice(key.indexOf(' ') + 1) as DeviceId;
}
