import { z } from 'zod';
import type { DeviceId } from '../store/ids.js';
import { type DeviceState, listDevices } from './device-list.js';
import { userRoute } from './json-route.js';
import { ownDevice, sessionOf } from './own-device.js';
import { ping } from './ping.js';
import { ProblemError } from './problem-error.js';
import type { JsonRoute } from './route.js';
import { cursorAt, id, pageOf, pageQuery, time } from './schemas.js';

const device = z
  .object({
    deviceId: z.string(),
    name: z.string(),
    createdAt: time,
    online: z.boolean().describe('Whether it has a live tunnel'),
    lastConnectedAt: time.optional(),
  })
  .meta({ id: 'Device', description: 'A device of mine' });

const params = z.object({ deviceId: id<DeviceId>() });
const missing = 'device-not-found';

/** Devices (04-rest-api, rows 11 to 17). */
export const deviceRoutes: readonly JsonRoute[] = [
  userRoute(
    {
      method: 'GET',
      path: '/api/devices',
      summary: 'My devices, oldest first. A part of the list that is filtered may hold fewer than asked for',
      query: z.strictObject({
        ...pageQuery,
        online: z
          .enum(['true', 'false'])
          .transform((text) => text === 'true')
          .optional(),
      }),
      answer: pageOf('DevicePage', device),
      problems: ['proxy-unreachable'],
    },
    async ({ query: { limit, cursor, online } }, { userId }, services) => {
      const found = await listDevices(services, userId, {
        limit,
        after: cursor as DeviceId | undefined,
        online,
      });
      const items = found.items.map(view);
      return found.next === undefined ? { items } : { items, nextCursor: cursorAt(found.next) };
    },
  ),
  userRoute(
    {
      method: 'GET',
      path: '/api/devices/{deviceId}',
      summary: 'One of my devices',
      params,
      answer: device,
      missing,
      problems: ['proxy-unreachable'],
    },
    async ({ params: { deviceId } }, { userId }, services) => {
      const found = await ownDevice(services, userId, deviceId);
      return view({ device: found, session: await sessionOf(services, userId, deviceId) });
    },
  ),
  userRoute(
    {
      method: 'DELETE',
      path: '/api/devices/{deviceId}',
      summary: 'Unpairs a device: its credentials are void, its tunnel is closed within a second',
      params,
      missing,
    },
    async ({ params: { deviceId } }, { userId }, { store }) => {
      if (!(await store.revokeDevice(userId, deviceId))) throw new ProblemError(missing);
      return undefined;
    },
  ),
  userRoute(
    {
      method: 'GET',
      path: '/api/devices/{deviceId}/ping',
      summary: 'How long a request takes through the tunnel, the service of the device, and back',
      params,
      answer: z.object({ roundTripMs: z.number() }).meta({ id: 'Ping' }),
      missing,
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
    async ({ params: { deviceId }, requestId }, { userId }, services) => {
      await ownDevice(services, userId, deviceId);
      const ms = await ping(services.forwarder, deviceId, { userId, requestId });
      return { roundTripMs: Math.round(ms * 10) / 10 };
    },
  ),
];

function view({ device: { deviceId, name, createdAt, lastConnectedAt }, session }: DeviceState) {
  return {
    deviceId,
    name,
    createdAt,
    online: session !== undefined,
    ...(lastConnectedAt !== undefined && { lastConnectedAt }),
  };
}
