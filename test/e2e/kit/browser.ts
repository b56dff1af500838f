// This file runs Chromium for tests of the page.
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

/** The path of Chromium in Debian's package. */
const CHROMIUM = '/usr/bin/chromium';

/** Why the tests have no browser; false: they have one. In CI there must be one. */
export const NO_BROWSER =
  process.env.CI === undefined && !existsSync(CHROMIUM) && `${CHROMIUM} is not there: apt install chromium`;

/** How long any step in a page may take, in ms: far above any step, so that only a hang reaches it. */
const TIMEOUT_MS = 30_000;

/** Starts Chromium, which can reach this machine only. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
      '--disable-gpu',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
}

/** A page of a person with cookies of its own, and the faults that happened in it. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts, breaches of the content security policy, and requests to other machines. */
  readonly faults: readonly string[];
}

/** Opens a page, which closes with the test. */
export async function openTab(
  t: TestContext,
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  t.after(() => context.close());
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  return { page, context, faults: watch(page) };
}

function watch(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    // The console also reports answers with an error status, which are no faults here.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') faults.push(`it asks ${request.url()}`);
  });
  return faults;
}
