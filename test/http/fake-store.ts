import type { RestStore } from '../../src/http/services.js';
import type { DeviceId, UserId } from '../../src/store/ids.js';
import type { Device, Page, PageRequest } from '../../src/store/ports.js';

/** What of the store the REST API uses, in memory. */
export class FakeStore implements RestStore {
  readonly devices = new Map<string, Device>();
  /** Calls so far. */
  asked = 0;
  /** Every call rejects with it. */
  fault: Error | undefined;

  /** Adds a device; ids must be added in their order. */
  add(owner: UserId, id: string, over: Partial<Device> = {}): Device {
    const device = { deviceId: id as DeviceId, userId: owner, name: `name of ${id}`, createdAt: 0, ...over };
    this.devices.set(id, device);
    return device;
  }

  async findDevice(owner: UserId, deviceId: DeviceId): Promise<Device | undefined> {
    this.#ask();
    return this.#own(owner, deviceId);
  }

  async listDevices(owner: UserId, { limit, after = '' as DeviceId }: PageRequest): Promise<Page<Device>> {
    this.#ask();
    const all = [...this.devices.values()].filter(
      (device) => device.userId === owner && device.deviceId > after,
    );
    const items = all.slice(0, limit);
    const last = items.at(-1);
    return all.length > limit && last !== undefined ? { items, next: last.deviceId } : { items };
  }

  async revokeDevice(owner: UserId, deviceId: DeviceId): Promise<boolean> {
    this.#ask();
    const device = this.#own(owner, deviceId);
    if (device === undefined || device.revokedAt !== undefined) return false;
    this.devices.set(deviceId, { ...device, revokedAt: 1 });
    return true;
  }

  #ask(): void {
    this.asked += 1;
    if (this.fault !== undefined) throw this.fault;
  }

  #own(owner: UserId, deviceId: DeviceId): Device | undefined {
    const device = this.devices.get(deviceId);
    return device?.userId === owner ? device : undefined;
  }
}
