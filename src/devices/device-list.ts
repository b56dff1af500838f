import type { Summary } from '../contract/session.js';
import type { RouteServices } from '../http/api/services.js';
import type { Device } from '../store/ports/devices.js';
import type { DeviceId, UserId } from '../store/ports/ids.js';

/** Devices that are read at once where some are filtered out. */
const READ = 500;

/** Reads that one answer may be made of: where 5,000 devices in a row are not wanted, it holds less than asked. */
const MAX_READS = 10;

/** Live sessions in the range of one read: of its devices, and of those that were revoked just now. */
const MAX_IN_RANGE = 1000;

/** A device and its live session. */
export interface DeviceState {
  readonly device: Device;
  readonly session: Summary | undefined;
}

/** What of a user's devices is wanted. */
export interface DeviceQuery {
  readonly limit: number;
  readonly after: DeviceId | undefined;
  readonly online: boolean | undefined;
  /** Part of a name, in any case. */
  readonly q: string | undefined;
}

/** A part of a list; `next`: the last device that was looked at, absent at the end. */
export interface DeviceStates {
  readonly items: readonly DeviceState[];
  readonly next?: DeviceId;
}

/** A user's devices with their sessions. */
export async function listDevices(
  services: RouteServices,
  owner: UserId,
  { limit, after, online, q }: DeviceQuery,
): Promise<DeviceStates> {
  if (online === undefined && q === undefined) return readPage(services, owner, { limit, after });
  const items: DeviceState[] = [];
  let next = after;
  for (let read = 0; read < MAX_READS; read++) {
    const page = await readPage(services, owner, { limit: READ, after: next });
    for (const state of page.items) {
      if (!isWanted(state, online, q)) continue;
      // There is one more than asked for: the part ends before it.
      if (items.length === limit) return endAfter(items);
      items.push(state);
    }
    if (page.next === undefined) return { items };
    next = page.next;
  }
  return next === undefined ? { items } : { items, next };
}

function endAfter(items: readonly DeviceState[]): DeviceStates {
  const next = items.at(-1)?.device.deviceId;
  return next === undefined ? { items } : { items, next };
}

function isWanted({ device, session }: DeviceState, online: boolean | undefined, q = ''): boolean {
  if (online !== undefined && online !== (session !== undefined)) return false;
  return device.name.toLowerCase().includes(q.toLowerCase());
}

async function readPage(
  { store, sessions }: RouteServices,
  owner: UserId,
  { limit, after }: Pick<DeviceQuery, 'limit' | 'after'>,
): Promise<DeviceStates> {
  const page = { limit, ...(after !== undefined && { after }) };
  const { items: devices, next } = await store.listDevices(owner, page);
  const live = await liveSessions(sessions, owner, devices);
  const states = devices.map((device) => ({ device, session: live.get(device.deviceId) }));
  return next === undefined ? { items: states } : { items: states, next };
}

/** By device. @param devices in the order of their ids */
async function liveSessions(
  sessions: RouteServices['sessions'],
  owner: UserId,
  devices: readonly Device[],
): Promise<ReadonlyMap<string | undefined, Summary>> {
  const [from, upTo] = [devices[0]?.deviceId, devices.at(-1)?.deviceId];
  if (from === undefined || upTo === undefined) return new Map();
  // Only the user's devices are between the two, revoked ones too: their tunnels close within a second.
  const found = await sessions.list(owner, { from, upTo, limit: MAX_IN_RANGE });
  return new Map(found.map((session) => [session.deviceId, session]));
}
