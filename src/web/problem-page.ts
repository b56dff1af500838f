// This file makes the page that tells a person why signing in failed.
import type { ProblemCode } from '../problems/problem.js';
import { ASSETS } from './assets.js';
import { escapeHtml, htmlPage } from './html.js';

/** The words of a page, in whole sentences. */
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

/** The words for each problem of a sign-in. Any other problem is a fault of the product. */
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
  // The session may have been made, but no browser has its cookie.
  'store-outcome-unknown': LATER,
};

/**
 * Makes the HTML of a failed sign-in, without scripts. Nothing in the page comes from the request's path, query or cookie.
 * @param detail a whole sentence about this failure; undefined: the code's own words are shown
 */
export function signInProblemPage(code: ProblemCode, detail: string | undefined, requestId: string): string {
  const { title, text } = TOLD[code] ?? OUR_FAULT;
  const body = `<main class="card"><h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(code === 'sign-in-failed' ? (detail ?? text) : text)}</p>
<p class="actions"><a class="button" href="/api/auth/login?return_to=/">Try again</a>
<a class="button quiet" href="/">To the front page</a></p>
<p class="fine">To report it, say this number: <code>${escapeHtml(requestId)}</code></p></main>`;
  return htmlPage({ title: `${title} · visionA`, assets: ASSETS, body });
}
