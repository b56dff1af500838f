// These routes send a browser to the OpenID provider to sign in, and take it back.
import { z } from 'zod';
import type { RefusalAudit } from '../../../audit/refusal-audit.js';
import type { SignInServices } from '../../../auth/auth.js';
import { isTopLevel } from '../../../auth/browser.js';
import type { Finish, Redirect } from '../../../auth/sign-in.js';
import { rateLimited } from '../../../limits/attempt-limit.js';
import type { WriteAllowance } from '../../../limits/write-allowance.js';
import { networkOf } from '../../../net/ip-address.js';
import type { Metrics, SignInResult } from '../../../observability/metrics.js';
import type { ProblemCode } from '../../../problems/problem.js';
import { ProblemError, problemForCaller, problemOf, problemOfCode } from '../../../problems/problem-error.js';
import { STILL_POLICY } from '../../../web/html.js';
import { signInProblemPage } from '../../../web/problem-page.js';
import { jsonRoute } from '../../json-route.js';
import type { Input } from '../../json-spec.js';
import { HtmlReply, type ProblemPage, Reply } from '../../reply.js';
import type { Route } from '../../route.js';
import { type AccountNeeds, accountsOf } from './account-routes.js';

/** Headers that tell a person who navigates from a page that sends a request without the person's knowledge. */
const NAVIGATION = ['cookie', 'origin', 'sec-fetch-dest'] as const;

type NavigationInput = Pick<Input, 'method'> & {
  readonly headers: Readonly<Record<(typeof NAVIGATION)[number], string>>;
};

const problemPage: ProblemPage = (...problem) =>
  new HtmlReply(signInProblemPage(...problem), { 'Content-Security-Policy': STILL_POLICY });

/** The parts of a process that a sign-in uses. */
export interface SignInNeeds extends AccountNeeds {
  readonly metrics: Pick<Metrics, 'signIns' | 'limited'>;
  /** The audit of refusals, where a failed sign-in is recorded for its user. */
  readonly refusals: Pick<RefusalAudit, 'record'>;
  /** The write allowance: a sign-in counts as a change that its user makes. */
  readonly writes: Pick<WriteAllowance, 'count'>;
}

/** The routes of a sign-in (04-rest-api, public). */
export function signInRoutes(needs: SignInNeeds): readonly Route[] {
  const { metrics, refusals, writes } = needs;
  return [
    jsonRoute(
      {
        access: 'public',
        method: 'GET',
        path: '/api/auth/login',
        summary: 'Sends the browser to the OpenID provider to sign in',
        query: z.looseObject({
          return_to: z.string().optional().describe('A local path to go to afterwards'),
        }),
        headers: NAVIGATION,
        status: 303,
        problemPage,
        problems: [
          'forbidden',
          'rate-limited',
          'provider-failed',
          'provider-unreachable',
          'store-unavailable',
        ],
      },
      async (input) => {
        const { cookies, signIn, starts } = accountsOf(needs);
        onlyNavigation(input);
        // The limit is by address, not by cookie: cookies can be collected, and each is good for several sign-ins.
        await limit(metrics, starts, input.remoteAddr);
        const cookie = cookies.read(input.headers.cookie);
        const begun = signIn.begin({ cookie, returnTo: input.query.return_to });
        return redirection(await countFailure(metrics, begun));
      },
    ),
    jsonRoute(
      {
        access: 'public',
        method: 'GET',
        path: '/api/auth/callback',
        summary: 'Where the OpenID provider sends the browser back to',
        query: z.looseObject({ state: z.string().optional(), code: z.string().optional() }),
        headers: [...NAVIGATION, 'user-agent'],
        status: 303,
        problemPage,
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
      async ({ query, ...input }) => {
        const accounts = accountsOf(needs);
        onlyNavigation(input);
        const finished = finish(refusals, accounts, {
          cookie: accounts.cookies.read(input.headers.cookie),
          query: query as Record<string, string>,
          userAgent: input.headers['user-agent'],
          remoteAddr: input.remoteAddr,
          requestId: input.requestId,
          admit: (user) => writes.count(user),
        });
        const redirect = await countFailure(metrics, finished);
        metrics.signIns['signed-in'] += 1;
        return redirection(redirect);
      },
    ),
  ];
}

/** Refuses images, frames and HEAD requests: nobody signs in by one of these. */
function onlyNavigation({ method, headers }: NavigationInput): void {
  if (method !== 'GET') throw new ProblemError('method-not-allowed', { headers: { Allow: 'GET' } });
  if (isTopLevel({ origin: headers.origin, destination: headers['sec-fetch-dest'] })) return;
  throw new ProblemError('forbidden', { detail: 'only a browser that navigates here signs in' });
}

async function limit(
  metrics: SignInNeeds['metrics'],
  starts: SignInServices['starts'],
  remoteAddr: string,
): Promise<void> {
  const { waitSeconds } = await starts.attempt(networkOf(remoteAddr));
  if (waitSeconds > 0) throw rateLimited(metrics, 'sign-in-address', waitSeconds);
}

/** Results of sign-ins by the problem that answers them; any other problem is a failure of ours. */
const RESULTS: Partial<Record<ProblemCode, SignInResult>> = {
  'sign-in-failed': 'unknown',
  'sign-in-denied': 'denied',
  'provider-failed': 'provider-failed',
  'provider-unreachable': 'provider-unreachable',
};

/** Counts a sign-in that ends with an error at one of its steps. Rejects as `step` does. */
async function countFailure<T>({ signIns }: SignInNeeds['metrics'], step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    const code = problemForCaller(error)?.problem ?? problemOf(error);
    signIns[RESULTS[code] ?? 'failed'] += 1;
    throw error;
  }
}

/** Finishes a sign-in. @throws ProblemError, and rejects as the store does */
async function finish(
  refusals: SignInNeeds['refusals'],
  { sessions, signIn }: SignInServices,
  brought: Finish,
): Promise<Redirect> {
  const result = await signIn.finish(brought);
  if (typeof result === 'object') return result;
  const { cookie, remoteAddr, requestId } = brought;
  // The failure can be recorded for a user only where a user is signed in on this browser already.
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

/** Why the sign-in of a browser is not known, as far as can be told. None of these words come from the request. */
const UNKNOWN = {
  'no-cookie':
    'Your browser did not send our cookie back. It may keep no cookies for this site, or the sign-in was begun in another browser, or more than an hour ago.',
  over: 'This sign-in is over: it was finished before, perhaps in another tab, or it took longer than ten minutes.',
  'signed-in': 'This sign-in was finished before: you are signed in already.',
} as const;

function unknownSignIn(why: keyof typeof UNKNOWN): ProblemError {
  // A browser whose user is signed in already, as after the back button, goes on to our pages.
  const headers = why === 'signed-in' ? { Refresh: '0; url=/' } : {};
  return new ProblemError('sign-in-failed', { detail: UNKNOWN[why], because: why, headers });
}
