import { z } from 'zod';
import type { Summary } from '../../../contract/session.js';
import { sessionOf } from '../../../devices/own-device.js';
import { ProblemError } from '../../../problems/problem-error.js';
import type { DeviceId } from '../../../store/ports/ids.js';
import { userRoute } from '../../json-route.js';
import type { JsonRoute } from '../../route.js';
import { cursorAt, id, pageQuery, pageSchema, time } from '../../schemas.js';

const session = z
  .object({
    deviceId: z.string(),
    epoch: z.int().describe('Counts the connections of the device'),
    connectedAt: time,
    lastHeartbeat: time,
    remoteAddr: z.string().optional(),
    proxyNodeId: z.string().optional(),
  })
  .meta({ id: 'TunnelSession', description: 'The live tunnel of a device' });

const params = z.object({ deviceId: id<DeviceId>() });

/** Tunnel sessions (04-rest-api, rows 8 to 10). */
export const sessionRoutes: readonly JsonRoute[] = [
  userRoute(
    {
      method: 'GET',
      path: '/api/sessions',
      summary: 'Live sessions of my devices',
      query: z.strictObject(pageQuery),
      answer: pageSchema('TunnelSessionPage', session),
      problems: ['proxy-unreachable'],
    },
    async ({ query: { limit, cursor } }, { userId }, { sessions }) => {
      const range = { limit: limit + 1, ...(cursor !== undefined && { from: cursor }) };
      const found = await sessions.list(userId, range);
      const next = found[limit]?.deviceId;
      const items = found.slice(0, limit).map(view);
      return next === undefined ? { items } : { items, nextCursor: cursorAt(next) };
    },
  ),
  userRoute(
    {
      method: 'GET',
      path: '/api/sessions/{deviceId}',
      summary: 'The live session of a device',
      params,
      answer: session,
      missing: 'session-not-found',
      problems: ['proxy-unreachable'],
    },
    async ({ params: { deviceId } }, user, services) => {
      const found = await sessionOf(services, user.userId, deviceId);
      if (found === undefined) throw new ProblemError('session-not-found');
      return view(found);
    },
  ),
  userRoute(
    {
      method: 'POST',
      path: '/api/sessions/{deviceId}/close',
      summary: 'Closes the session of a device, which may dial again',
      params,
      missing: 'session-not-found',
      problems: ['proxy-unreachable', 'proxy-broke-off'],
    },
    async ({ params: { deviceId } }, user, services) => {
      const found = await sessionOf(services, user.userId, deviceId);
      if (found === undefined) throw new ProblemError('session-not-found');
      await services.sessions.close(found);
      return undefined;
    },
  ),
];

function view({ connectedAt, lastHeartbeat, deviceId = '', ...rest }: Summary) {
  return { ...rest, deviceId, connectedAt: connectedAt.getTime(), lastHeartbeat: lastHeartbeat.getTime() };
}
