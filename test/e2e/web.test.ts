import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Browser, Page, Route } from 'playwright-core';
import { FakeProvider } from '../auth/fake-provider.js';
import { root } from '../scripts/root.js';
import { launchBrowser, NO_BROWSER, openTab, type Tab } from './kit/browser.js';
import { Program } from './kit/program.js';
import { exchange, RestProcess } from './kit/rest-process.js';

/** Set to write the screenshots that the documentation shows: `VISIONA_SCREENSHOTS=1 npm test -- e2e/web`. */
const SCREENSHOTS = process.env.VISIONA_SCREENSHOTS !== undefined;

let browser: Browser;
let up: RestProcess;

/** At the forms of the development provider. */
async function fillIn(page: Page, login: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(login);
  await page.getByPlaceholder('and password').fill('x');
  await page.getByRole('button', { name: 'Sign-in' }).click();
}

async function signedIn(t: TestContext, login: string): Promise<Tab> {
  const tab = await openTab(t, browser);
  await tab.page.goto(up.url('/'));
  await tab.page.getByRole('link', { name: 'Sign in' }).click();
  await fillIn(tab.page, login);
  await tab.page.getByRole('heading', { name: 'Devices' }).waitFor();
  return tab;
}

/** `visiona agent --simulate` with the words that the page says to type. */
async function pairAgent(t: TestContext, page: Page): Promise<Program> {
  await page.getByRole('button', { name: /^Pair (a|another) device$/ }).click();
  const shown = await page.getByRole('region', { name: 'the command that pairs', exact: true }).textContent();
  const [program, ...words] = (shown ?? '').split(' ');
  assert.equal(program, 'visiona');
  const home = await mkdtemp(join(tmpdir(), 'visiona-web-'));
  const agent = new Program([...words, '--simulate', '--token-file', join(home, 'token')], { HOME: home });
  t.after(async () => {
    await agent.kill();
    await rm(home, { recursive: true });
  });
  await page.getByText(/ is paired\.$/).waitFor();
  return agent;
}

function device(page: Page, name: string | RegExp) {
  return page.getByRole('listitem').filter({ hasText: name });
}

async function isPage(page: Page, title: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
  assert.equal(await page.locator('script').count(), 0);
}

describe('the page, in Chromium', { skip: NO_BROWSER }, () => {
  before(async () => {
    up = await RestProcess.start('up');
    browser = await launchBrowser();
  });
  after(async () => {
    await browser.close();
    await up.close();
  });

  test('a person signs in, pairs a device, sees it come and go, renames it, unpairs it, signs out', async (t) => {
    const { page, faults } = await openTab(t, browser, { viewport: { width: 1000, height: 700 } });
    await page.goto(up.url('/'));
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    if (SCREENSHOTS) await page.screenshot({ path: join(root, 'docs/images/sign-in.png') });
    await page.getByRole('link', { name: 'Sign in' }).click();
    await fillIn(page, 'alice');
    await page.getByText('alice@example.test').waitFor();
    await page.getByText('You have no devices.').waitFor();

    const agent = await pairAgent(t, page);
    await device(page, 'Online').waitFor();
    await page.getByRole('button', { name: /^Rename / }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Line 3 camera');
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
    await device(page, 'Line 3 camera').waitFor();
    await page
      .getByRole('status')
      .filter({ hasText: / is now called Line 3 camera\.$/ })
      .waitFor();
    if (SCREENSHOTS) await page.screenshot({ path: join(root, 'docs/images/devices.png') });

    await agent.stop();
    await device(page, /Offline.*Line 3 camera/s).waitFor();
    await page.getByRole('status').filter({ hasText: 'Line 3 camera is offline.' }).waitFor();

    await page.getByRole('button', { name: 'Unpair Line 3 camera' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Unpair Line 3 camera' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unpair' }).click();
    await page.getByText('You have no devices.').waitFor();
    await page.getByRole('status').filter({ hasText: 'Line 3 camera is unpaired.' }).waitFor();
    // Not the code of before, which is used.
    await page.getByRole('button', { name: 'Pair a device' }).waitFor();

    await page.getByRole('button', { name: 'Sign out' }).click();
    // The provider asks whether to sign out there, too, and sends the browser back.
    await page.getByRole('button', { name: /yes/i }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    assert.equal(page.url(), up.url('/'));
    assert.deepEqual(faults, []);
  });

  test('B7: a code of a second tab leaves the first as it is, each tab hears of its own, and others can be revoked', async (t) => {
    const { page, context } = await signedIn(t, 'judy');
    const second = await context.newPage();
    await second.goto(up.url('/'));
    await page.getByRole('button', { name: 'Pair a device' }).click();
    await page.getByRole('timer').waitFor();
    await pairAgent(t, second);
    // The first has seen the device of the second, and waits for its own.
    await device(page, 'Online').waitFor();
    await page.getByRole('timer').waitFor();
    await second.getByText(/^A code, until /).waitFor();
    const shown = await page
      .getByRole('region', { name: 'the command that pairs', exact: true })
      .textContent();
    const [, code = ''] = /--pair (\S+)/.exec(shown ?? '') ?? [];
    await second.getByRole('button', { name: /^Revoke: A code/ }).click();
    await second.getByText(/^A code, until /).waitFor({ state: 'detached' });
    assert.equal((await exchange(up, code)).status, 400);
  });

  test('a token that is confirmed in the browser calls the device with the commands of the page', async (t) => {
    const { page, context } = await signedIn(t, 'carol');
    await pairAgent(t, page);
    await device(page, 'Online').waitFor();
    await page.getByText('Call it').click();
    const commands = await page.getByRole('region', { name: 'the commands that call it' }).textContent();
    const [first = '', curl = ''] = (commands ?? '').split('\n');
    const [, flags = ''] = /^TOKEN=\$\(node dist\/src\/cli\/visiona\.js token (.+)\)$/.exec(first) ?? [];
    const { issuer } = await up.program.line(
      'the development OpenID provider signs anybody in; set OIDC_ISSUER for a real one',
    );
    assert.equal(flags, `--dev-op-addr ${new URL(String(issuer)).host}`);
    const token = new Program(['token', ...flags.split(' ')]);
    t.after(() => token.kill());
    const [, link = ''] = /Open (\S+) in a browser/.exec(await token.said(/confirm the code/)) ?? [];
    const tab = await context.newPage();
    await tab.goto(link);
    await tab.getByRole('button', { name: 'Continue' }).click();
    await tab.getByText('Sign-in Success').waitFor();
    const { code, stdout } = await token.exited;
    assert.equal(code, 0);
    assert.match(stdout, /^eyJ\S+\n$/);

    const [, url = ''] = /^curl -H "Authorization: Bearer \$TOKEN" (\S+)$/.exec(curl) ?? [];
    const answer = await fetch(url, { headers: { authorization: `Bearer ${stdout.trim()}` } });
    assert.equal(answer.status, 200, await answer.clone().text());
    assert.match(((await answer.json()) as { hostname: string }).hostname, /^edge-/);
  });

  test('where access tokens are off the page says so, and gives no command that fails', async (t) => {
    const { page } = await signedIn(t, 'ivan');
    // As a server without OIDC_AUDIENCE answers.
    await page.route('**/api/auth/me', async (route) => {
      const answer = await route.fetch();
      const me = (await answer.json()) as object;
      await route.fulfill({ response: answer, json: { ...me, cliFlags: null } });
    });
    await page.reload();
    await pairAgent(t, page);
    await page.getByText('Call it', { exact: true }).click();
    await page.getByText('access tokens are off here').waitFor();
    assert.equal(await page.getByRole('region', { name: 'the commands that call it' }).count(), 0);
    const address = await page.getByRole('region', { name: 'where other requests go' }).textContent();
    assert.match(address ?? '', /^http:\/\/127\.0\.0\.1:\d+\/api\/devices\/[^/]+\/proxy\/$/);
  });

  test('by keyboard: a dialog takes the focus, keeps it, and gives it back', async (t) => {
    const { page } = await signedIn(t, 'dave');
    await pairAgent(t, page);
    const rename = page.getByRole('button', { name: /^Rename / });
    await rename.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Name' }).waitFor();
    assert.equal(await page.locator(':focus').getAttribute('pattern'), '.{1,128}');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.match((await page.locator(':focus').getAttribute('aria-label')) ?? '', /^Rename /);
  });

  test('what the API refuses is a sentence, in its place', async (t) => {
    const { page } = await signedIn(t, 'erin');
    await pairAgent(t, page);
    await page.getByRole('button', { name: /^Rename / }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('   ');
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
    const alert = page.getByRole('dialog').getByRole('alert');
    assert.match((await alert.textContent()) ?? '', /^The request does not match its schema: it is blank/);
  });

  test('that the server was away is forgotten when it is back; what it refused itself stays', async (t) => {
    const { page } = await signedIn(t, 'mallory');
    let isAway = true;
    const gateway = (route: Route) => (isAway ? route.fulfill({ status: 502 }) : route.fallback());
    await page.route('**/api/devices?*', gateway);
    await page.route('**/api/pairing/tokens', (route) => {
      if (isAway || route.request().method() !== 'POST') return gateway(route);
      return route.fulfill({
        status: 409,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'limit-reached', title: 'There are too many' }),
      });
    });
    const pairing = page.getByRole('region', { name: 'Pair a device' });
    const pair = pairing.getByRole('button', { name: 'Pair a device' });
    await pair.click();
    await pairing.getByRole('alert').filter({ hasText: 'an error (502)' }).waitFor();
    isAway = false;
    await pairing.getByRole('alert').waitFor({ state: 'detached' });
    await pair.click();
    const refused = pairing.getByRole('alert').filter({ hasText: 'There are too many.' });
    await refused.waitFor();
    for (let lists = 0; lists < 2; lists += 1) await page.waitForResponse(/\/api\/devices\?/);
    assert.equal(await refused.count(), 1);
  });

  test('it fits a phone, in light and dark', async (t) => {
    const { page } = await signedIn(t, 'frank');
    await pairAgent(t, page);
    await page.getByText('Call it').click();
    await page.getByRole('button', { name: 'Pair another device' }).click();
    await page.getByRole('timer').waitFor();
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.setViewportSize({ width: 320, height: 640 });
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.notEqual(await ground(), light);
    assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
  });

  test('a session that was ended elsewhere is over on the page, too', async (t) => {
    const { page, context } = await signedIn(t, 'grace');
    const me = await context.request.get(up.url('/api/auth/me'));
    const { sessionId } = (await me.json()) as { sessionId: string };
    const headers = { 'X-Visiona-Csrf': '1' };
    const ended = await context.request.delete(up.url(`/api/auth/sessions/${sessionId}`), { headers });
    assert.equal(ended.status(), 204);
    await page.getByText('Your session has ended').waitFor();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
  });

  test('while the server is away the page says so, and goes on when it is back', async (t) => {
    const { page, context } = await signedIn(t, 'heidi');
    await context.setOffline(true);
    await page.getByRole('alert').filter({ hasText: 'The server cannot be reached.' }).waitFor();
    await context.setOffline(false);
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });
});

describe('failed sign-ins, in Chromium', { skip: NO_BROWSER }, () => {
  before(async () => {
    up = await RestProcess.start('up');
    browser = await launchBrowser();
  });
  after(async () => {
    await browser.close();
    await up.close();
  });

  async function atProvider(t: TestContext): Promise<Tab> {
    const tab = await openTab(t, browser);
    await tab.page.goto(up.url('/api/auth/login'));
    return tab;
  }

  test('cookies that are gone, and try again', async (t) => {
    const { page, context, faults } = await atProvider(t);
    await context.clearCookies({ name: '__Host-visiona_session' });
    await fillIn(page, 'alice');
    await isPage(page, 'This sign-in cannot be finished');
    await page.getByText('Your browser did not send our cookie back').waitFor();
    await page.getByRole('link', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'Devices' }).waitFor();
    assert.deepEqual(faults, []);
  });

  test('the user refuses', async (t) => {
    const { page } = await atProvider(t);
    await page.getByRole('link', { name: /cancel/i }).click();
    await isPage(page, 'You are not signed in');
    await page.getByRole('link', { name: 'To the front page' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
  });

  test('a second tab goes on to where the first has signed in', async (t) => {
    const { page, context } = await atProvider(t);
    const second = await context.newPage();
    await second.goto(up.url('/api/auth/login'));
    await fillIn(page, 'alice');
    await page.getByRole('heading', { name: 'Devices' }).waitFor();
    await fillIn(second, 'alice');
    await second.getByRole('heading', { name: 'Devices' }).waitFor();
  });

  test('a sign-in that is over, one that says nothing, and one that says too much', async (t) => {
    const { page } = await atProvider(t);
    for (const query of [
      'state=x&code=y',
      '',
      'state=x&state=x',
      'error=%3Cscript%3Ealert(1)%3C/script%3E&state=x',
    ]) {
      const answer = await page.goto(up.url(`/api/auth/callback?${query}`));
      assert.equal(answer?.status(), 400);
      await isPage(page, 'This sign-in cannot be finished');
    }
  });

  test('the provider is down; when it is back, try again goes there', async (t) => {
    const provider = await FakeProvider.start();
    await provider.close();
    const other = await RestProcess.start('api-server', {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: 'visiona',
    });
    t.after(() => other.close());
    const { page } = await openTab(t, browser);
    const answer = await page.goto(other.url('/api/auth/login'));
    assert.equal(answer?.status(), 503);
    await isPage(page, 'The sign-in service cannot be reached');
    await provider.listen();
    t.after(() => provider.close());
    // Not asked again at once after a failure.
    while (page.url().startsWith(other.url('/'))) {
      await page.getByRole('link', { name: 'Try again' }).click();
    }
    assert.ok(page.url().startsWith(`${provider.issuer}/authorize`));
  });
});
