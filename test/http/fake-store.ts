import type { RestStore } from '../../src/http/api/services.js';
import type { Device, DeviceEvent } from '../../src/store/ports/devices.js';
import { type DeviceId, newSessionToken, type SessionToken, type UserId } from '../../src/store/ports/ids.js';
import type { ListPage, PageRequest } from '../../src/store/ports/page.js';
import { MemoryPairing } from '../auth/memory-pairing.js';

/** What of the store the REST API uses, in memory. */
export class FakeStore extends MemoryPairing implements RestStore {
  readonly devices = new Map<string, Device>();
  /** The session tokens that were given out at a rotation. */
  readonly credentials = new Map<string, SessionToken>();
  /** Newest first. */
  readonly events = new Map<string, DeviceEvent[]>();
  /** Calls so far. */
  asked = 0;
  /** Every call rejects with it. */
  fault: Error | undefined;

  /** Adds a device; ids must be added in their order. */
  add(owner: UserId, id: string, over: Partial<Device> = {}): Device {
    const device = {
      deviceId: id as DeviceId,
      userId: owner,
      name: `name of ${id}`,
      createdAt: 0,
      labels: {},
      ...over,
    };
    this.devices.set(id, device);
    return device;
  }

  onChanges(): () => void {
    return () => {};
  }

  async findDevice(owner: UserId, deviceId: DeviceId): Promise<Device | undefined> {
    this.#ask();
    return this.#own(owner, deviceId);
  }

  async listDevices(owner: UserId, page: PageRequest): Promise<ListPage<Device>> {
    this.#ask();
    const own = [...this.devices.values()].filter(
      ({ userId, revokedAt }) => userId === owner && revokedAt === undefined,
    );
    return part(own, ({ deviceId }) => deviceId, page);
  }

  async updateDevice(
    owner: UserId,
    deviceId: DeviceId,
    change: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> },
  ): Promise<Device | undefined> {
    this.#ask();
    const device = this.#live(owner, deviceId);
    if (device === undefined) return undefined;
    const changed = { ...device, ...change };
    this.devices.set(deviceId, changed);
    return changed;
  }

  async rotateCredential(owner: UserId, deviceId: DeviceId): Promise<SessionToken | undefined> {
    this.#ask();
    if (this.#live(owner, deviceId) === undefined) return undefined;
    const token = newSessionToken();
    this.credentials.set(deviceId, token);
    return token;
  }

  async deviceEvents(owner: UserId, deviceId: DeviceId, page: { limit: number; after?: string }) {
    this.#ask();
    if (this.#live(owner, deviceId) === undefined) return { items: [] };
    return part(this.events.get(deviceId) ?? [], ({ eventId }) => eventId, page);
  }

  async revokeDevice(owner: UserId, deviceId: DeviceId): Promise<boolean> {
    this.#ask();
    const device = this.#live(owner, deviceId);
    if (device === undefined) return false;
    this.devices.set(deviceId, { ...device, revokedAt: 1 });
    return true;
  }

  protected override called(name: string): void {
    super.called(name);
    this.#ask();
  }

  #ask(): void {
    this.asked += 1;
    if (this.fault !== undefined) throw this.fault;
  }

  #own(owner: UserId, deviceId: DeviceId): Device | undefined {
    const device = this.devices.get(deviceId);
    return device?.userId === owner ? device : undefined;
  }

  #live(owner: UserId, deviceId: DeviceId): Device | undefined {
    const device = this.#own(owner, deviceId);
    return device?.revokedAt === undefined ? device : undefined;
  }
}

/** What comes after the item `after`, in the list's own order. */
function part<Item, Id extends string>(
  all: readonly Item[],
  idOf: (item: Item) => Id,
  { limit, after }: { readonly limit: number; readonly after?: Id },
): { items: Item[]; next?: Id } {
  const from = after === undefined ? 0 : all.findIndex((item) => idOf(item) === after) + 1;
  const items = all.slice(from, from + limit);
  const last = items.at(-1);
  return from + limit < all.length && last !== undefined ? { items, next: idOf(last) } : { items };
}
