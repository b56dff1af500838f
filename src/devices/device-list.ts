// `listDevices` lists a user's devices, each with its live session, and filters them by both.
import type { Summary, UserSessions } from '../contract/session.js';
import type { Device, DevicePort } from '../store/ports/devices.js';
import type { DeviceId, UserId } from '../store/ports/ids.js';

/** How many devices one read asks the store for if the answer is filtered. */
const READ = 500;

/**
 * How many reads one answer may take: if the filter refuses 5,000 devices in a row, the answer holds fewer than were asked
 * for.
 */
const MAX_READS = 10;

/** How many live sessions one read asks for: those of its devices, and of devices in between that were revoked just now. */
const MAX_IN_RANGE = 1000;

/** A device and its live session. */
export interface DeviceState {
  readonly device: Device;
  readonly session: Summary | undefined;
}

/** Where devices and their sessions are read from. */
export interface DeviceSources {
  readonly store: Pick<DevicePort, 'listDevices'>;
  readonly sessions: Pick<UserSessions, 'list'>;
}

/** Which of a user's devices are asked for. */
export interface DeviceQuery {
  readonly limit: number;
  readonly after: DeviceId | undefined;
  /** Whether they have a live session; undefined: either. */
  readonly online: boolean | undefined;
  /** Part of the name, in any case; undefined: any name. */
  readonly q: string | undefined;
}

/** One page of the list. `next`: the last device that was looked at, where the next page goes on; absent at the end. */
export interface DeviceStates {
  readonly items: readonly DeviceState[];
  readonly next?: DeviceId;
}

/** A user's devices with their sessions, oldest first. Rejects with the error of the store or the proxy. */
export async function listDevices(
  sources: DeviceSources,
  owner: UserId,
  { limit, after, online, q }: DeviceQuery,
): Promise<DeviceStates> {
  if (online === undefined && q === undefined) return readPage(sources, owner, { limit, after });
  const items: DeviceState[] = [];
  let next = after;
  for (let read = 0; read < MAX_READS; read++) {
    const page = await readPage(sources, owner, { limit: READ, after: next });
    for (const state of page.items) {
      if (!isWanted(state, online, q)) continue;
      // There is one device more than was asked for: the page ends before it.
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
  { store, sessions }: DeviceSources,
  owner: UserId,
  { limit, after }: Pick<DeviceQuery, 'limit' | 'after'>,
): Promise<DeviceStates> {
  const page = { limit, ...(after !== undefined && { after }) };
  const { items: devices, next } = await store.listDevices(owner, page);
  const live = await liveSessions(sessions, owner, devices);
  const states = devices.map((device) => ({ device, session: live.get(device.deviceId) }));
  return next === undefined ? { items: states } : { items: states, next };
}

/** The live sessions of devices, by device id. @param devices in the order of their ids */
async function liveSessions(
  sessions: DeviceSources['sessions'],
  owner: UserId,
  devices: readonly Device[],
): Promise<ReadonlyMap<string | undefined, Summary>> {
  const [from, upTo] = [devices[0]?.deviceId, devices.at(-1)?.deviceId];
  if (from === undefined || upTo === undefined) return new Map();
  // The range holds devices of this user only, also revoked ones, whose tunnels close within a second.
  const found = await sessions.list(owner, { from, upTo, limit: MAX_IN_RANGE });
  return new Map(found.map((session) => [session.deviceId, session]));
}
