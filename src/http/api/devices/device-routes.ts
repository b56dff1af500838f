import { z } from 'zod';
import { listDevices } from '../../../devices/device-list.js';
import { sessionOf } from '../../../devices/own-device.js';
import { ProblemError } from '../../../problems/problem-error.js';
import type { DeviceId } from '../../../store/ports/ids.js';
import { MAX_NAME } from '../../../text/characters.js';
import { userRoute } from '../../json-route.js';
import type { JsonRoute } from '../../route.js';
import { booleanParameter, cursorAt, pageQuery, pageSchema } from '../../schemas.js';
import { DEVICE_MISSING, device, deviceChange, deviceParams, deviceView, viewDevice } from './device-view.js';

const ONE = { path: '/api/devices/{deviceId}', params: deviceParams, missing: DEVICE_MISSING } as const;

/** Devices as a list to keep (04-rest-api, rows 11 to 14). */
export const deviceRoutes: readonly JsonRoute[] = [
  userRoute(
    {
      method: 'GET',
      path: '/api/devices',
      summary: 'My devices, oldest first. A part of the list that is filtered may hold fewer than asked for',
      query: z.strictObject({
        ...pageQuery,
        online: booleanParameter.optional(),
        q: z.string().min(1).max(MAX_NAME).optional(),
      }),
      answer: pageSchema('DevicePage', device),
      problems: ['proxy-unreachable'],
    },
    async ({ query: { limit, cursor, online, q } }, { userId }, services) => {
      const after = cursor as DeviceId | undefined;
      const { items, next } = await listDevices(services, userId, { limit, after, online, q });
      return { items: items.map(deviceView), ...(next !== undefined && { nextCursor: cursorAt(next) }) };
    },
  ),
  userRoute(
    { ...ONE, method: 'GET', summary: 'One of my devices', answer: device, problems: ['proxy-unreachable'] },
    ({ params: { deviceId } }, { userId }, services) => viewDevice(services, userId, deviceId),
  ),
  userRoute(
    {
      ...ONE,
      method: 'PATCH',
      summary: 'Renames or labels a device',
      body: deviceChange,
      answer: device,
      problems: ['proxy-unreachable'],
    },
    async ({ params: { deviceId }, body, remoteAddr, requestId }, { userId }, services) => {
      // First what may fail without an effect: after the write nothing may.
      const session = await sessionOf(services, userId, deviceId);
      const changed = await services.store.updateDevice(userId, deviceId, body, { remoteAddr, requestId });
      if (changed === undefined) throw new ProblemError(DEVICE_MISSING);
      return deviceView({ device: changed, session });
    },
  ),
  userRoute(
    {
      ...ONE,
      method: 'DELETE',
      summary: 'Unpairs a device: its credentials are void, its tunnel is closed within a second',
    },
    async ({ params: { deviceId }, remoteAddr, requestId }, { userId }, { store }) => {
      const revoked = await store.revokeDevice(userId, deviceId, { remoteAddr, requestId });
      if (!revoked) throw new ProblemError(DEVICE_MISSING);
      return undefined;
    },
  ),
];
