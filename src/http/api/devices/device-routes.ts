// These routes list, rename and unpair devices, rotate their tokens, ping them, and show their history.
import { z } from 'zod';
import type { UserSessions } from '../../../contract/session.js';
import type { DeviceClient } from '../../../devices/client/device-client.js';
import { listDevices } from '../../../devices/device-list.js';
import { ownDevice, sessionOf } from '../../../devices/own-device.js';
import { ProblemError } from '../../../problems/problem-error.js';
import { DEVICE_EVENT_KINDS, type DeviceAdminPort, type DevicePort } from '../../../store/ports/devices.js';
import type { DeviceId } from '../../../store/ports/ids.js';
import { MAX_NAME } from '../../../text/characters.js';
import { jsonRoute } from '../../json-route.js';
import type { Route } from '../../route.js';
import { booleanParameter, cursorAt, pageQuery, pageSchema, time } from '../../schemas.js';
import { DEVICE_MISSING, device, deviceChange, deviceParams, deviceView } from './device-view.js';

const event = z
  .object({ eventId: z.string(), kind: z.enum(DEVICE_EVENT_KINDS), at: time })
  .meta({ id: 'DeviceEvent', description: 'Something that happened to a device' });

const rotated = z
  .object({ deviceId: z.string(), sessionToken: z.string().describe('Shown this once') })
  .meta({ id: 'RotatedCredential' });

const pinged = z.object({ roundTripMs: z.number() }).meta({ id: 'Ping' });

const eventPage = pageSchema('DeviceEventPage', event);

const devicePage = pageSchema('DevicePage', device);

/** The parts of a process that the routes of devices use. */
export interface DeviceNeeds {
  readonly store: DeviceAdminPort & Pick<DevicePort, 'findDevice' | 'listDevices' | 'revokeDevice'>;
  readonly sessions: Pick<UserSessions, 'list'>;
  readonly client: Pick<DeviceClient, 'ping'>;
}

/** The routes of devices (04-rest-api, rows 11 to 17). */
export function deviceRoutes({ store, sessions, client }: DeviceNeeds): readonly Route[] {
  const one = {
    access: 'user',
    path: '/api/devices/{deviceId}',
    params: deviceParams,
    missing: DEVICE_MISSING,
  } as const;
  return [
    jsonRoute(
      {
        access: 'user',
        method: 'GET',
        path: '/api/devices',
        summary:
          'My devices, oldest first. A part of the list that is filtered may hold fewer than asked for',
        query: z.strictObject({
          ...pageQuery,
          online: booleanParameter.optional(),
          q: z.string().min(1).max(MAX_NAME).optional(),
        }),
        answer: devicePage,
        problems: ['proxy-unreachable'],
      },
      async ({ query: { limit, cursor, online, q } }, { userId }) => {
        const after = cursor as DeviceId | undefined;
        const { items, next } = await listDevices({ store, sessions }, userId, { limit, after, online, q });
        return { items: items.map(deviceView), ...(next !== undefined && { nextCursor: cursorAt(next) }) };
      },
    ),
    jsonRoute(
      {
        ...one,
        method: 'GET',
        summary: 'One of my devices',
        answer: device,
        problems: ['proxy-unreachable'],
      },
      async ({ params: { deviceId } }, { userId }) => {
        const found = await ownDevice({ store }, userId, deviceId);
        return deviceView({ device: found, session: await sessionOf({ sessions }, userId, deviceId) });
      },
    ),
    jsonRoute(
      {
        ...one,
        method: 'PATCH',
        summary: 'Renames or labels a device',
        body: deviceChange,
        answer: device,
        problems: ['proxy-unreachable'],
      },
      async ({ params: { deviceId }, body, remoteAddr, requestId }, { userId }) => {
        // The session is read before the write, because after the write nothing may fail.
        const session = await sessionOf({ sessions }, userId, deviceId);
        const changed = await store.updateDevice(userId, deviceId, body, { remoteAddr, requestId });
        if (changed === undefined) throw new ProblemError(DEVICE_MISSING);
        return deviceView({ device: changed, session });
      },
    ),
    jsonRoute(
      {
        ...one,
        method: 'DELETE',
        summary: 'Unpairs a device: its credentials are void, its tunnel is closed within a second',
      },
      async ({ params: { deviceId }, remoteAddr, requestId }, { userId }) => {
        const revoked = await store.revokeDevice(userId, deviceId, { remoteAddr, requestId });
        if (!revoked) throw new ProblemError(DEVICE_MISSING);
        return undefined;
      },
    ),
    jsonRoute(
      {
        ...one,
        method: 'POST',
        path: '/api/devices/{deviceId}/credentials/rotate',
        summary:
          'A new session token for a device, shown once. The old one dies when this one is first used, or a week later',
        answer: rotated,
      },
      async ({ params: { deviceId }, remoteAddr, requestId }, { userId }) => {
        const sessionToken = await store.rotateCredential(userId, deviceId, { remoteAddr, requestId });
        if (sessionToken === undefined) throw new ProblemError(DEVICE_MISSING);
        return { deviceId, sessionToken };
      },
    ),
    jsonRoute(
      {
        ...one,
        method: 'GET',
        path: '/api/devices/{deviceId}/ping',
        summary: 'How long a request takes through the tunnel, the service of the device, and back',
        answer: pinged,
        problems: [
          'device-offline',
          'device-timeout',
          'device-busy',
          'bad-device-response',
          'tunnel-lost-before-send',
          'tunnel-lost-after-send',
          'stream-refused',
          'overloaded',
          'proxy-unreachable',
        ],
      },
      async ({ params: { deviceId }, requestId }, { userId }) => {
        const ms = await client.ping(await ownDevice({ store }, userId, deviceId), { requestId });
        return { roundTripMs: Math.round(ms * 10) / 10 };
      },
    ),
    jsonRoute(
      {
        ...one,
        method: 'GET',
        path: '/api/devices/{deviceId}/events',
        summary: 'What happened to a device, newest first',
        query: z.strictObject(pageQuery),
        answer: eventPage,
      },
      async ({ params: { deviceId }, query: { limit, cursor } }, { userId }) => {
        await ownDevice({ store }, userId, deviceId);
        const page = { limit, ...(cursor !== undefined && { after: cursor }) };
        const { items, next } = await store.deviceEvents(userId, deviceId, page);
        return { items: [...items], ...(next !== undefined && { nextCursor: cursorAt(next) }) };
      },
    ),
  ];
}
