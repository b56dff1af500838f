import { z } from 'zod';
import { ownDevice } from '../../../devices/own-device.js';
import { ping } from '../../../devices/ping.js';
import { ProblemError } from '../../../problems/problem-error.js';
import { DEVICE_EVENT_KINDS } from '../../../store/ports/devices.js';
import { userRoute } from '../../json-route.js';
import type { JsonRoute } from '../../route.js';
import { cursorAt, pageQuery, pageSchema, time } from '../../schemas.js';
import { DEVICE_MISSING, deviceParams } from './device-view.js';

const event = z
  .object({ eventId: z.string(), kind: z.enum(DEVICE_EVENT_KINDS), at: time })
  .meta({ id: 'DeviceEvent', description: 'Something that happened to a device' });

const rotated = z
  .object({ deviceId: z.string(), sessionToken: z.string().describe('Shown this once') })
  .meta({ id: 'RotatedCredential' });

const OF_DEVICE = { params: deviceParams, missing: DEVICE_MISSING } as const;

/** What is done about one device (04-rest-api, rows 15 to 17). */
export const deviceCareRoutes: readonly JsonRoute[] = [
  userRoute(
    {
      ...OF_DEVICE,
      method: 'POST',
      path: '/api/devices/{deviceId}/credentials/rotate',
      summary:
        'A new session token for a device, shown once. The old one dies when this one is first used, or a week later',
      answer: rotated,
    },
    async ({ params: { deviceId }, remoteAddr, requestId }, { userId }, { store }) => {
      const sessionToken = await store.rotateCredential(userId, deviceId, { remoteAddr, requestId });
      if (sessionToken === undefined) throw new ProblemError(DEVICE_MISSING);
      return { deviceId, sessionToken };
    },
  ),
  userRoute(
    {
      ...OF_DEVICE,
      method: 'GET',
      path: '/api/devices/{deviceId}/ping',
      summary: 'How long a request takes through the tunnel, the service of the device, and back',
      answer: z.object({ roundTripMs: z.number() }).meta({ id: 'Ping' }),
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
  userRoute(
    {
      ...OF_DEVICE,
      method: 'GET',
      path: '/api/devices/{deviceId}/events',
      summary: 'What happened to a device, newest first',
      query: z.strictObject(pageQuery),
      answer: pageSchema('DeviceEventPage', event),
    },
    async ({ params: { deviceId }, query: { limit, cursor } }, { userId }, services) => {
      await ownDevice(services, userId, deviceId);
      const page = { limit, ...(cursor !== undefined && { after: cursor }) };
      const { items, next } = await services.store.deviceEvents(userId, deviceId, page);
      return { items: [...items], ...(next !== undefined && { nextCursor: cursorAt(next) }) };
    },
  ),
];
