import { z } from 'zod';
import { ProblemError } from '../../../problems/problem-error.js';
import type { SignInId } from '../../../store/ports/ids.js';
import { userRoute } from '../../json-route.js';
import { Reply } from '../../reply.js';
import type { JsonRoute } from '../../route.js';
import { cursorAt, id, pageQuery, pageSchema, time } from '../../schemas.js';
import { accountsOf } from './auth-routes.js';

const signInSession = z
  .object({
    sessionId: z.string(),
    createdAt: time,
    lastUsedAt: time.describe('To the minute'),
    expiresAt: time.describe('It ends then in any case, and earlier if it is not used'),
    userAgent: z.string().nullable(),
    remoteAddr: z.string().nullable(),
    current: z.boolean().describe('It is the one that asks'),
  })
  .meta({ id: 'SignInSession' });

/** A user's sign-in sessions (04-rest-api, rows 3 and 4). */
export const signInSessionRoutes: readonly JsonRoute[] = [
  userRoute(
    {
      method: 'GET',
      path: '/api/auth/sessions',
      summary: 'Where the user is signed in',
      query: z.strictObject(pageQuery),
      answer: pageSchema('SignInSessions', signInSession),
    },
    async ({ query: { limit, cursor } }, user, services) => {
      const after = cursor === undefined ? undefined : { after: cursor as SignInId };
      const { items, next } = await accountsOf(services).sessions.list(user.userId, { limit, ...after });
      return {
        items: items.map(({ signInId, createdAt, lastUsedAt, expiresAt, userAgent, remoteAddr }) => ({
          sessionId: signInId,
          createdAt,
          lastUsedAt,
          expiresAt,
          userAgent: userAgent ?? null,
          remoteAddr: remoteAddr ?? null,
          current: user.via === 'session' && user.signInId === signInId,
        })),
        ...(next !== undefined && { nextCursor: cursorAt(next) }),
      };
    },
  ),
  userRoute(
    {
      method: 'DELETE',
      path: '/api/auth/sessions/{sessionId}',
      summary: 'Signs one of them out',
      params: z.object({ sessionId: id<SignInId>() }),
    },
    async ({ params: { sessionId }, remoteAddr, requestId }, user, services) => {
      const { sessions, cookies } = accountsOf(services);
      if (!(await sessions.end(user.userId, sessionId, { remoteAddr, requestId })))
        throw new ProblemError('not-found');
      const own = user.via === 'session' && user.signInId === sessionId;
      return new Reply(undefined, own ? { 'Set-Cookie': cookies.clear() } : {});
    },
  ),
];
