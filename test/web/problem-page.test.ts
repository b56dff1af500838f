import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ASSETS } from '../../src/web/assets.js';
import { signInProblemPage } from '../../src/web/problem-page.js';
import { type Browser, code, Stand } from '../auth/stand.js';
import type { RawAnswer } from '../http/kit.js';
import { AWAY } from '../support/test-store.js';

/** As a browser that navigates says it. */
const HTML = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const EVIL = '%3Cscript%3Eevil%3C/script%3E';

let stand: Stand;
beforeEach(async () => {
  stand = await Stand.start();
});
afterEach(() => stand.close());

function isPage(answer: RawAnswer, status: number, title: string): void {
  assert.equal(answer.status, status, answer.body);
  assert.deepEqual(answer.headers.get('content-type'), ['text/html; charset=utf-8']);
  assert.ok(answer.body.includes(`<h1>${title}</h1>`), answer.body);
  assert.ok(answer.body.includes('href="/api/auth/login?return_to=/">Try again</a>'));
  assert.doesNotMatch(answer.body, /evil|<script|state=|code=/);
  assert.match(answer.headers.get('content-security-policy')?.[0] ?? '', /^default-src 'none';(?!.*script)/);
  assert.deepEqual(answer.headers.get('cache-control'), ['no-store']);
  assert.equal(answer.headers.get('set-cookie'), undefined);
  assert.ok(answer.body.includes(`${ASSETS}/style.css`));
}

/** Goes to the provider, and comes back with something else. */
async function comeBack(browser: Browser, change: (query: URLSearchParams) => void): Promise<RawAnswer> {
  const query = new URLSearchParams(await browser.leave());
  change(query);
  return browser.callback(query.toString(), HTML);
}

const refuse = (error: string) => (query: URLSearchParams) => {
  query.delete('code');
  query.set('error', error);
  query.set('error_description', '<script>evil</script>');
};

describe('a failed sign-in', () => {
  test('attack 22: a browser without our cookie is told about cookies', async () => {
    const query = await stand.browser().leave();
    const answer = await stand.browser().callback(`${query}&x=${EVIL}`, HTML);
    isPage(answer, 400, 'This sign-in cannot be finished');
    assert.match(answer.body, /did not send our cookie back/);
  });

  test('attack 22: one that took too long is told so', async () => {
    const browser = stand.browser();
    const query = await browser.leave();
    stand.store.now += 11 * 60_000;
    const answer = await browser.callback(query, HTML);
    isPage(answer, 400, 'This sign-in cannot be finished');
    assert.match(answer.body, /took longer than ten minutes/);
  });

  test('attacks 23, 24: one that was finished in another tab goes on to our pages', async () => {
    const browser = stand.browser();
    const [first, second] = [await browser.leave(), await browser.leave()];
    assert.equal((await browser.callback(first, HTML)).status, 303);
    for (const query of [first, second]) {
      const answer = await browser.callback(query, HTML);
      isPage(answer, 400, 'This sign-in cannot be finished');
      assert.match(answer.body, /you are signed in already/);
      assert.deepEqual(answer.headers.get('refresh'), ['0; url=/']);
    }
    assert.equal(await browser.status(), 200);
  });

  test('attack 25: the user refuses', async () => {
    isPage(await comeBack(stand.browser(), refuse('access_denied')), 403, 'You are not signed in');
  });

  test('the provider is down on the way there and on the way back', async () => {
    const browser = stand.browser();
    const query = await browser.leave();
    isPage(await comeBack(browser, refuse('server_error')), 503, 'The sign-in service cannot be reached');
    await stand.provider.close();
    const answers = [
      await browser.callback(query, HTML),
      await stand.browser().get(`/api/auth/login?return_to=${EVIL}`, HTML),
    ];
    await stand.provider.listen();
    // The second has what was discovered before; a new process has not.
    isPage(answers[0] as RawAnswer, 503, 'The sign-in service cannot be reached');
    assert.deepEqual(answers[0]?.headers.get('retry-after'), ['5']);
    assert.equal(answers[1]?.status, 303);
    const fresh = await Stand.start();
    await fresh.provider.close();
    const login = await fresh.browser().get(`/api/auth/login?return_to=${EVIL}`, HTML);
    isPage(login, 503, 'The sign-in service cannot be reached');
    await fresh.provider.listen();
    await fresh.close();
  });

  test('the provider answers what cannot be trusted', async () => {
    stand.provider.claims = { aud: 'somebody-else' };
    const answer = await comeBack(stand.browser(), () => {});
    isPage(answer, 502, 'The sign-in service gave an answer that cannot be trusted');
  });

  test('what comes back is no answer, or says something twice', async () => {
    isPage(await stand.browser().callback(EVIL, HTML), 400, 'This sign-in cannot be finished');
    const twice = await stand.browser().callback(`state=${EVIL}&state=x&code=y`, HTML);
    isPage(twice, 400, 'This sign-in cannot be finished');
    const again = await stand.browser().get('/api/auth/login?return_to=/&return_to=/x', HTML);
    isPage(again, 400, 'This sign-in cannot be finished');
  });

  test('attack 26: a frame is told to come from our page', async () => {
    const fields = { ...HTML, 'sec-fetch-dest': 'iframe' };
    isPage(await stand.browser().get('/api/auth/login', fields), 403, 'Please sign in from our own page');
  });

  test('the store is down, or too many sign in from one address', async () => {
    const browser = stand.browser();
    const query = await browser.leave();
    stand.store.fault = AWAY;
    isPage(await browser.callback(query, HTML), 503, 'Something failed here');
    stand.store.fault = undefined;
    let login = await stand.browser().get('/api/auth/login', HTML);
    for (let i = 0; i < 300 && login.status === 303; i++)
      login = await stand.browser().get('/api/auth/login', HTML);
    isPage(login, 429, 'Too many sign-ins at the moment');
  });

  test('a program is answered with a problem, as everywhere', async () => {
    for (const accept of ['*/*', 'application/json', '']) {
      const answer = await stand.browser().callback('state=x&code=y', { accept });
      assert.deepEqual(answer.headers.get('content-type'), ['application/problem+json'], accept);
      assert.equal(code(answer), 'sign-in-failed');
    }
  });
});

test('what a page is told is text', () => {
  const html = signInProblemPage('sign-in-failed', '<b>"&', 'request<i>');
  assert.ok(html.includes('&#60;b&#62;&#34;&#38;') && html.includes('request&#60;i&#62;'));
});
