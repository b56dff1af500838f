// These routes list the tunnel sessions of a user's devices, show one, and close it.
import { z } from 'zod';
import type { Summary, UserSessions } from '../../../contract/session.js';
import { sessionOf } from '../../../devices/own-device.js';
import { ProblemError } from '../../../problems/problem-error.js';
import type { DeviceId, UserId } from '../../../store/ports/ids.js';
import { jsonRoute } from '../../json-route.js';
import type { Route } from '../../route.js';
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

const sessionPage = pageSchema('TunnelSessionPage', session);

/** The parts of a process that the routes of tunnel sessions use. */
export interface TunnelSessionNeeds {
  readonly sessions: UserSessions;
}

/** The routes of tunnel sessions (04-rest-api, rows 8 to 10). */
export function tunnelSessionRoutes({ sessions }: TunnelSessionNeeds): readonly Route[] {
  /** Finds the session of a device. @throws ProblemError `session-not-found` */
  const find = async (owner: UserId, deviceId: DeviceId): Promise<Summary> => {
    const found = await sessionOf({ sessions }, owner, deviceId);
    if (found === undefined) throw new ProblemError('session-not-found');
    return found;
  };
  return [
    jsonRoute(
      {
        access: 'user',
        method: 'GET',
        path: '/api/sessions',
        summary: 'Live sessions of my devices',
        query: z.strictObject(pageQuery),
        answer: sessionPage,
        problems: ['proxy-unreachable'],
      },
      async ({ query: { limit, cursor } }, { userId }) => {
        const range = { limit: limit + 1, ...(cursor !== undefined && { from: cursor }) };
        const found = await sessions.list(userId, range);
        const next = found[limit]?.deviceId;
        const items = found.slice(0, limit).map(view);
        return next === undefined ? { items } : { items, nextCursor: cursorAt(next) };
      },
    ),
    jsonRoute(
      {
        access: 'user',
        method: 'GET',
        path: '/api/sessions/{deviceId}',
        summary: 'The live session of a device',
        params,
        answer: session,
        missing: 'session-not-found',
        problems: ['proxy-unreachable'],
      },
      async ({ params: { deviceId } }, { userId }) => view(await find(userId, deviceId)),
    ),
    jsonRoute(
      {
        access: 'user',
        method: 'POST',
        path: '/api/sessions/{deviceId}/close',
        summary: 'Closes the session of a device, which may dial again',
        params,
        missing: 'session-not-found',
        problems: ['proxy-unreachable', 'proxy-broke-off'],
      },
      async ({ params: { deviceId } }, { userId }) => {
        await sessions.close(await find(userId, deviceId));
        return undefined;
      },
    ),
  ];
}

function view({ connectedAt, lastHeartbeat, deviceId = '', ...rest }: Summary) {
  return { ...rest, deviceId, connectedAt: connectedAt.getTime(), lastHeartbeat: lastHeartbeat.getTime() };
}
