// This file finds what a user's request for one device needs: the device, whether it exists, and its live session.
import type { Summary, UserSessions } from '../contract/session.js';
import { ProblemError } from '../problems/problem-error.js';
import { TtlCache } from '../store/client/ttl-cache.js';
import type { Changes } from '../store/ports/changes.js';
import type { Device, DevicePort } from '../store/ports/devices.js';
import type { DeviceId, UserId } from '../store/ports/ids.js';

/** No device has a longer id. */
const MAX_ID_LENGTH = 64;

/** The part of the store that finds one device. */
type DeviceFinder = Pick<DevicePort, 'findDevice'>;

/** A device of the user's. @throws ProblemError `device-not-found`: it does not exist, is revoked, or is another user's */
export async function ownDevice(
  { store }: { readonly store: DeviceFinder },
  owner: UserId,
  deviceId: DeviceId,
): Promise<Device> {
  const device = await store.findDevice(owner, deviceId);
  if (!isUsable(device)) throw new ProblemError('device-not-found');
  return device;
}

/** The live session of a user's device. Undefined: there is none, or it is another user's. */
export async function sessionOf(
  { sessions }: { readonly sessions: Pick<UserSessions, 'list'> },
  owner: UserId,
  deviceId: DeviceId,
): Promise<Summary | undefined> {
  const [found] = await sessions.list(owner, { from: deviceId, upTo: deviceId, limit: 1 });
  return found;
}

/** Tells whether a device exists and belongs to a user, and remembers for a short time the devices for which that is true. */
export class DeviceLookup {
  readonly #store: DeviceFinder;
  readonly #known = new TtlCache((key) => this.#ask(key));

  constructor(store: DeviceFinder) {
    this.#store = store;
  }

  /**
   * False: the device does not exist, is revoked or is another user's; the answer does not tell which. Rejects with a
   * `StoreError`.
   */
  has(owner: UserId, deviceId: string): Promise<boolean> {
    if (deviceId.length > MAX_ID_LENGTH) return Promise.resolve(false);
    return this.#known.get(keyOf(owner, deviceId));
  }

  /** True: the device was the user's just now. False: ask {@link has}. */
  peek(owner: UserId, deviceId: string): boolean {
    return this.#known.peek(keyOf(owner, deviceId)) === true;
  }

  /** Handles changes that the store reports: a device that any process revoked is forgotten. */
  changed({ changes, missed }: Changes): void {
    if (missed) return this.#known.forgetAll();
    const revoked = new Set(
      changes.flatMap((change) => (change.kind === 'device-revoked' ? [change.deviceId] : [])),
    );
    if (revoked.size > 0) this.#known.forgetThose((key) => revoked.has(deviceOf(key)));
  }

  async #ask(key: string): Promise<boolean> {
    return isUsable(await this.#store.findDevice(ownerOf(key), deviceOf(key)));
  }
}

/** A revoked device stays in the store for a while, and is no device for its user. */
function isUsable(device: Device | undefined): device is Device {
  return device !== undefined && device.revokedAt === undefined;
}

/** The key of a user and a device; the ids of users have no space. */
function keyOf(owner: UserId, deviceId: string): string {
  return `${owner} ${deviceId}`;
}

function ownerOf(key: string): UserId {
  return key.slice(0, key.indexOf(' ')) as UserId;
}

function deviceOf(key: string): DeviceId {
  return key.slice(key.indexOf(' ') + 1) as DeviceId;
}
