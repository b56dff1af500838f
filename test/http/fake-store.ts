import type { RegistryStore, RestStore } from '../../src/http/services.js';
import {
  type DeviceId,
  newSessionToken,
  type PairingTokenId,
  type SessionToken,
  type UserId,
} from '../../src/store/ids.js';
import type { DeviceEvent } from '../../src/store/ports/devices.js';
import type { PairingToken } from '../../src/store/ports/pairing.js';
import type { Device, Page, PageRequest } from '../../src/store/ports.js';

/** What of the store the REST API uses, in memory. */
export class FakeStore implements RestStore, RegistryStore {
  readonly devices = new Map<string, Device>();
  /** The session tokens that were given out at a rotation. */
  readonly credentials = new Map<string, SessionToken>();
  /** Newest first. */
  readonly events = new Map<string, DeviceEvent[]>();
  readonly pairing = new Map<string, PairingToken & { readonly owner: UserId; readonly hash: string }>();
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

  async findDevice(owner: UserId, deviceId: DeviceId): Promise<Device | undefined> {
    this.#ask();
    return this.#own(owner, deviceId);
  }

  async listDevices(owner: UserId, page: PageRequest): Promise<Page<Device>> {
    this.#ask();
    const own = [...this.devices.values()].filter(({ userId }) => userId === owner);
    return part(own, ({ deviceId }) => deviceId, page);
  }

  async updateDevice(
    owner: UserId,
    deviceId: DeviceId,
    change: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> },
  ): Promise<boolean> {
    this.#ask();
    const device = this.#live(owner, deviceId);
    if (device === undefined) return false;
    this.devices.set(deviceId, { ...device, ...change });
    return true;
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

  async addPairingToken(owner: UserId, token: { hash: string; name?: string; expiresAt: number }) {
    this.#ask();
    for (const [id, old] of this.pairing) {
      if (old.owner === owner && old.state === 'pending') this.pairing.set(id, { ...old, state: 'revoked' });
    }
    const tokenId = `pair-${owner.length}-${this.pairing.size + 10}` as PairingTokenId;
    this.pairing.set(tokenId, { ...token, tokenId, owner, state: 'pending', createdAt: 0 });
    return tokenId;
  }

  async listPairingTokens(owner: UserId, page: { limit: number; after?: PairingTokenId }) {
    this.#ask();
    return part(
      [...this.pairing.values()].filter((token) => token.owner === owner),
      ({ tokenId }) => tokenId,
      page,
    );
  }

  async revokePairingToken(owner: UserId, tokenId: PairingTokenId): Promise<boolean> {
    this.#ask();
    const token = this.pairing.get(tokenId);
    if (token?.owner !== owner || token.state !== 'pending') return false;
    this.pairing.set(tokenId, { ...token, state: 'revoked' });
    return true;
  }

  async revokeDevice(owner: UserId, deviceId: DeviceId): Promise<boolean> {
    this.#ask();
    const device = this.#live(owner, deviceId);
    if (device === undefined) return false;
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
