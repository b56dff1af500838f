// These routes tell who is signed in, sign users out, and list and end sign-in sessions.
import { z } from 'zod';
import type { SignInServices } from '../../../auth/auth.js';
import { ProblemError } from '../../../problems/problem-error.js';
import type { SignInId } from '../../../store/ports/ids.js';
import { jsonRoute } from '../../json-route.js';
import { Reply } from '../../reply.js';
import type { Route } from '../../route.js';
import { cursorAt, id, pageQuery, pageSchema, time } from '../../schemas.js';

const me = z
  .object({
    userId: z.string(),
    name: z.string().nullable(),
    email: z.string().nullable().describe('As the provider says it; nobody has proved it to us'),
    via: z.enum(['session', 'bearer']),
    sessionId: z.string().nullable(),
    cliFlags: z
      .string()
      .nullable()
      .describe('What `visiona token` must be told here, as a shell takes it; null: access tokens are off'),
  })
  .meta({ id: 'Me' });

const signedOut = z
  .object({
    endSessionUrl: z.url().nullable().describe('Where to send the browser to sign out at the provider too'),
  })
  .meta({ id: 'SignedOut' });

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

const signInSessionPage = pageSchema('SignInSessions', signInSession);

/** The parts of a process that the account routes use. */
export interface AccountNeeds {
  /** Undefined: nobody can sign in. */
  readonly accounts: SignInServices | undefined;
}

/** The routes about the signed-in user (04-rest-api, rows 1 to 4). */
export function accountRoutes(needs: AccountNeeds): readonly Route[] {
  return [
    jsonRoute(
      {
        access: 'user',
        method: 'GET',
        path: '/api/auth/me',
        summary: 'Who is signed in',
        headers: ['cookie'],
        passive: true,
        answer: me,
      },
      async ({ headers }, user) => {
        const { userId, via } = user;
        const cliFlags = needs.accounts?.tokenFlags ?? null;
        if (via === 'bearer') return { userId, via, name: null, email: null, sessionId: null, cliFlags };
        const { cookies, sessions } = accountsOf(needs);
        const cookie = cookies.read(headers.cookie);
        const session = cookie && (await sessions.find(cookie));
        if (cookie === undefined || session === undefined) throw new ProblemError('unauthorized');
        const { name = null, email = null } = session.tokens;
        const answer = { userId, via, name, email, sessionId: user.signInId, cliFlags };
        if (!cookie.stale) return answer;
        // No other answer renews the cookie: an answer that is under way at a sign-out must not bring the cookie back.
        if (!(await sessions.renew(session))) throw new ProblemError('unauthorized');
        const seconds = Math.ceil((session.signIn.expiresAt - Date.now()) / 1000);
        return new Reply(answer, { 'Set-Cookie': cookies.set(cookie, seconds) });
      },
    ),
    jsonRoute(
      {
        access: 'leaving',
        method: 'POST',
        path: '/api/auth/logout',
        summary: 'Signs out: ends this session',
        headers: ['cookie'],
        answer: signedOut,
      },
      async ({ headers, remoteAddr, requestId }) => {
        const { cookies, sessions, signOut } = accountsOf(needs);
        const cookie = cookies.read(headers.cookie);
        const session = cookie && (await sessions.find(cookie));
        const url = session && (await signOut.run(session, { remoteAddr, requestId }));
        const cleared = cookie && { 'Set-Cookie': cookies.clear() };
        return new Reply({ endSessionUrl: url?.href ?? null }, { ...cleared });
      },
    ),
    jsonRoute(
      {
        access: 'user',
        method: 'GET',
        path: '/api/auth/sessions',
        summary: 'Where the user is signed in',
        query: z.strictObject(pageQuery),
        answer: signInSessionPage,
      },
      async ({ query: { limit, cursor } }, user) => {
        const after = cursor === undefined ? undefined : { after: cursor as SignInId };
        const { items, next } = await accountsOf(needs).sessions.list(user.userId, { limit, ...after });
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
    jsonRoute(
      {
        access: 'user',
        method: 'DELETE',
        path: '/api/auth/sessions/{sessionId}',
        summary: 'Signs one of them out',
        params: z.object({ sessionId: id<SignInId>() }),
      },
      async ({ params: { sessionId }, remoteAddr, requestId }, user) => {
        const { sessions, cookies } = accountsOf(needs);
        if (!(await sessions.end(user.userId, sessionId, { remoteAddr, requestId })))
          throw new ProblemError('not-found');
        const own = user.via === 'session' && user.signInId === sessionId;
        return new Reply(undefined, own ? { 'Set-Cookie': cookies.clear() } : {});
      },
    ),
  ];
}

/** The services of sign-in. @throws ProblemError where no provider is configured */
export function accountsOf({ accounts }: AccountNeeds): SignInServices {
  if (accounts !== undefined) return accounts;
  throw new ProblemError('not-supported', { detail: 'no OpenID provider is configured (OIDC_ISSUER)' });
}
