import { HtmlReply } from '../http/reply.js';
import type { ProblemCode } from '../problems/problem.js';
import { ASSETS } from './assets.js';
import { escapeHtml, htmlPage, STILL_POLICY } from './html.js';

/** What a person is told, in whole sentences. */
interface Told {
  readonly title: string;
  readonly text: string;
}

const BUSY: Told = {
  title: 'Too many sign-ins at the moment',
  text: 'Please wait a few seconds, then try again.',
};
const OUR_FAULT: Told = {
  title: 'Something failed here',
  text: 'You are not signed in. It is our fault, not yours; if it happens again, please report it.',
};

const LATER: Told = { ...OUR_FAULT, text: 'You are not signed in. Please try again in a few seconds.' };

/** Problems of a sign-in. What is not here is a fault of ours. */
const TOLD: Partial<Readonly<Record<ProblemCode, Told>>> = {
  'sign-in-failed': {
    title: 'This sign-in cannot be finished',
    text: 'What came back from the sign-in service does not belong to a sign-in that was begun here.',
  },
  validation: {
    title: 'This sign-in cannot be finished',
    text: 'What came back from the sign-in service is not complete, or says something twice.',
  },
  'sign-in-denied': {
    title: 'You are not signed in',
    text: 'The sign-in was cancelled, or the sign-in service did not allow it.',
  },
  'provider-unreachable': {
    title: 'The sign-in service cannot be reached',
    text: 'Your account and your devices are not affected. Please try again in a minute.',
  },
  'provider-failed': {
    title: 'The sign-in service gave an answer that cannot be trusted',
    text: 'You are not signed in. If it happens again, whoever runs this site should look at it.',
  },
  forbidden: {
    title: 'Please sign in from our own page',
    text: 'This sign-in was not begun by a person who opened a page, so it was stopped.',
  },
  'not-supported': {
    title: 'Nobody can sign in here yet',
    text: 'This site has no sign-in service. Whoever runs it sets one with OIDC_ISSUER.',
  },
  'rate-limited': BUSY,
  draining: BUSY,
  'store-unavailable': LATER,
  'store-read-only': LATER,
  // Whatever was begun, nobody has its cookie.
  'store-outcome-unknown': LATER,
};

/**
 * A failed sign-in as a page without scripts. Nothing of it comes from the request's path, query or cookie.
 * @param detail what went wrong this time, in a whole sentence; undefined: what the code says
 */
export function signInProblemPage(
  code: ProblemCode,
  detail: string | undefined,
  requestId: string,
): HtmlReply {
  const { title, text } = TOLD[code] ?? OUR_FAULT;
  const body = `<main class="card"><h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(code === 'sign-in-failed' ? (detail ?? text) : text)}</p>
<p class="actions"><a class="button" href="/api/auth/login?return_to=/">Try again</a>
<a class="button quiet" href="/">To the front page</a></p>
<p class="fine">To report it, say this number: <code>${escapeHtml(requestId)}</code></p></main>`;
  return new HtmlReply(htmlPage({ title: `${title} · visionA`, assets: ASSETS, body }), {
    'Content-Security-Policy': STILL_POLICY,
  });
}
