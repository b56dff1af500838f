import { z } from 'zod';
import type { SignInServices } from '../../../auth/auth.js';
import { isTopLevel } from '../../../auth/navigation.js';
import type { Finish, Redirect } from '../../../auth/sign-in.js';
import { rateLimited } from '../../../limits/rate-limited.js';
import { networkOf } from '../../../net/ip-address.js';
import { ProblemError, problemOfCode } from '../../../problems/problem-error.js';
import { signInProblemPage } from '../../../web/problem-page.js';
import { leavingRoute, publicRoute, userRoute } from '../../json-route.js';
import { Reply } from '../../reply.js';
import type { Input, JsonRoute } from '../../route.js';
import { countWrite } from '../../write-allowance.js';
import type { RouteServices } from '../services.js';
import { countFailure } from './sign-in-count.js';

/** What tells a person who goes somewhere from what a page does behind a person's back. */
const NAVIGATION = ['cookie', 'origin', 'sec-fetch-dest'] as const;

type NavigationInput = Pick<Input, 'method'> & {
  readonly fields: Readonly<Record<(typeof NAVIGATION)[number], string>>;
};

/** Signing in and out, and who is signed in (04-rest-api, rows 1 and 2). */
export const authRoutes: readonly JsonRoute[] = [
  publicRoute(
    {
      method: 'GET',
      path: '/api/auth/login',
      summary: 'Sends the browser to the OpenID provider to sign in',
      query: z.looseObject({ return_to: z.string().optional().describe('A local path to go to afterwards') }),
      fields: NAVIGATION,
      status: 303,
      problemPage: signInProblemPage,
      problems: ['forbidden', 'rate-limited', 'provider-failed', 'provider-unreachable', 'store-unavailable'],
    },
    async (input, services) => {
      const { cookies, signIn, starts } = accountsOf(services);
      onlyNavigation(input);
      // Whatever cookie there is: they can be collected, and each is good for several.
      await limit(services, starts, input.remoteAddr);
      const cookie = cookies.read(input.fields.cookie);
      const begun = signIn.begin({ cookie, returnTo: input.query.return_to });
      return redirection(await countFailure(services.metrics, begun));
    },
  ),
  publicRoute(
    {
      method: 'GET',
      path: '/api/auth/callback',
      summary: 'Where the OpenID provider sends the browser back to',
      query: z.looseObject({ state: z.string().optional(), code: z.string().optional() }),
      fields: [...NAVIGATION, 'user-agent'],
      status: 303,
      problemPage: signInProblemPage,
      problems: [
        'forbidden',
        'sign-in-failed',
        'sign-in-denied',
        'rate-limited',
        'provider-failed',
        'provider-unreachable',
        'store-unavailable',
        'store-read-only',
        'store-outcome-unknown',
      ],
    },
    async ({ query, ...input }, services) => {
      const accounts = accountsOf(services);
      onlyNavigation(input);
      const finished = finish(services, accounts, {
        cookie: accounts.cookies.read(input.fields.cookie),
        query: query as Record<string, string>,
        userAgent: input.fields['user-agent'],
        remoteAddr: input.remoteAddr,
        requestId: input.requestId,
        admit: (user) => countWrite(services, user),
      });
      const redirect = await countFailure(services.metrics, finished);
      services.metrics.signIns['signed-in'] += 1;
      return redirection(redirect);
    },
  ),
  userRoute(
    {
      method: 'GET',
      path: '/api/auth/me',
      summary: 'Who is signed in',
      fields: ['cookie'],
      passive: true,
      answer: z
        .object({
          userId: z.string(),
          name: z.string().nullable(),
          email: z.string().nullable().describe('As the provider says it; nobody has proved it to us'),
          via: z.enum(['session', 'bearer']),
          sessionId: z.string().nullable(),
          cliFlags: z
            .string()
            .nullable()
            .describe(
              'What `visiona token` must be told here, as a shell takes it; null: access tokens are off',
            ),
        })
        .meta({ id: 'Me' }),
    },
    async ({ fields }, user, services) => {
      const { userId, via } = user;
      const cliFlags = services.accounts?.tokenFlags ?? null;
      if (via === 'bearer') return { userId, via, name: null, email: null, sessionId: null, cliFlags };
      const { cookies, sessions } = accountsOf(services);
      const cookie = cookies.read(fields.cookie);
      const session = cookie && (await sessions.find(cookie));
      if (cookie === undefined || session === undefined) throw new ProblemError('unauthorized');
      const { name = null, email = null } = session.tokens;
      const me = { userId, via, name, email, sessionId: user.signInId, cliFlags };
      if (!cookie.stale) return me;
      // The only answer that does it: one that is still under way at a sign-out must not bring the cookie back.
      if (!(await sessions.renew(session))) throw new ProblemError('unauthorized');
      const seconds = Math.ceil((session.signIn.expiresAt - Date.now()) / 1000);
      return new Reply(me, { 'Set-Cookie': cookies.set(cookie, seconds) });
    },
  ),
  leavingRoute(
    {
      method: 'POST',
      path: '/api/auth/logout',
      summary: 'Signs out: ends this session',
      fields: ['cookie'],
      answer: z
        .object({
          endSessionUrl: z
            .url()
            .nullable()
            .describe('Where to send the browser to sign out at the provider too'),
        })
        .meta({ id: 'SignedOut' }),
    },
    async ({ fields, remoteAddr, requestId }, _user, services) => {
      const { cookies, sessions, signOut } = accountsOf(services);
      const cookie = cookies.read(fields.cookie);
      const session = cookie && (await sessions.find(cookie));
      const url = session && (await signOut.run(session, { remoteAddr, requestId }));
      const cleared = cookie && { 'Set-Cookie': cookies.clear() };
      return new Reply({ endSessionUrl: url?.href ?? null }, { ...cleared });
    },
  ),
];

/** What sign-in is made of. @throws ProblemError where no provider is configured */
export function accountsOf({ accounts }: RouteServices): SignInServices {
  if (accounts !== undefined) return accounts;
  throw new ProblemError('not-supported', { detail: 'no OpenID provider is configured (OIDC_ISSUER)' });
}

/** Nobody is signed in by an image, a frame or a HEAD. */
function onlyNavigation({ method, fields }: NavigationInput): void {
  if (method !== 'GET') throw new ProblemError('method-not-allowed', { headers: { Allow: 'GET' } });
  if (isTopLevel({ origin: fields.origin, destination: fields['sec-fetch-dest'] })) return;
  throw new ProblemError('forbidden', { detail: 'only a browser that navigates here signs in' });
}

async function limit(
  { metrics }: RouteServices,
  starts: SignInServices['starts'],
  remoteAddr: string,
): Promise<void> {
  const { waitSeconds } = await starts.attempt(networkOf(remoteAddr));
  if (waitSeconds > 0) throw rateLimited(metrics, 'sign-in-address', waitSeconds);
}

/** @throws ProblemError, and what the store rejects with */
async function finish(
  { refusals }: RouteServices,
  { sessions, signIn }: SignInServices,
  brought: Finish,
): Promise<Redirect> {
  const result = await signIn.finish(brought);
  if (typeof result === 'object') return result;
  const { cookie, remoteAddr, requestId } = brought;
  // Whose browser it is, is known only where somebody is signed in there already.
  const session = cookie && (await sessions.find(cookie));
  if (session !== undefined) {
    const failed = { action: 'sign-in.begun', result: 'failed', remoteAddr, requestId } as const;
    refusals.record(session.signIn.userId, failed);
  }
  if (result !== 'unknown') {
    throw new ProblemError(problemOfCode(result) ?? 'sign-in-failed', { because: result });
  }
  if (cookie === undefined) throw unknownSignIn('no-cookie');
  throw unknownSignIn(session === undefined ? 'over' : 'signed-in');
}

function redirection({ location, setCookie }: Redirect): Reply {
  return new Reply(undefined, {
    Location: location,
    ...(setCookie !== undefined && { 'Set-Cookie': setCookie }),
  });
}

/** Why a browser's sign-in is not known, as far as can be told. Nothing here comes from the request. */
const UNKNOWN = {
  'no-cookie':
    'Your browser did not send our cookie back. It may keep no cookies for this site, or the sign-in was begun in another browser, or more than an hour ago.',
  over: 'This sign-in is over: it was finished before, perhaps in another tab, or it took longer than ten minutes.',
  'signed-in': 'This sign-in was finished before: you are signed in already.',
} as const;

function unknownSignIn(why: keyof typeof UNKNOWN): ProblemError {
  // As after the back button: it goes on to our pages.
  const headers = why === 'signed-in' ? { Refresh: '0; url=/' } : {};
  return new ProblemError('sign-in-failed', { detail: UNKNOWN[why], because: why, headers });
}
