// This file signs callers in at the development provider, by cookie and by access token.
import { DEV_CLIENT_ID } from '../../src/config/types.js';
import type { Person, RestProcess } from '../../test/e2e/kit/rest-process.js';

const PROVIDER_READY = 'the development OpenID provider signs anybody in; set OIDC_ISSUER for a real one';
const SESSION_COOKIE = '__Host-visiona_session';
/** The audience of the development provider's access tokens. */
const AUDIENCE = 'urn:visiona:api';
/** The most forms of the provider between the link and its last page. */
const MAX_FORMS = 5;

/** The session cookie of a signed-in user, as a `Cookie` header. */
export function cookieOf({ browser }: Person): string {
  const value = browser.cookie(SESSION_COOKIE);
  if (value === undefined) throw new Error('the sign-in left no session cookie');
  return `${SESSION_COOKIE}=${value}`;
}

/**
 * Gets an access token of a signed-in user, by the device authorization grant (RFC 8628) as `visiona token` does, but with one
 * poll, after the user has confirmed: the polling interval of that command is 5 s.
 */
export async function accessTokenOf(user: Person, up: RestProcess): Promise<string> {
  const { issuer } = await up.program.line(PROVIDER_READY);
  const metadata = await json(new URL('/.well-known/openid-configuration', String(issuer)));
  const client = { client_id: DEV_CLIENT_ID, resource: AUDIENCE };
  const device = await json(metadata.device_authorization_endpoint, { ...client, scope: 'openid' });
  await confirm(user, String(device.verification_uri_complete));
  const tokens = await json(metadata.token_endpoint, {
    ...client,
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: String(device.device_code),
  });
  if (tokens.access_token === undefined) throw new Error(`the provider gave no token: ${tokens.error}`);
  return String(tokens.access_token);
}

/** Fetches JSON. @param form the fields to send by POST */
async function json(url: unknown, form?: Record<string, string>): Promise<Record<string, unknown>> {
  const sent = form && { method: 'POST', body: new URLSearchParams(form) };
  return (await (await fetch(String(url), sent)).json()) as Record<string, unknown>;
}

/** Sends the provider's forms one after the other, as a person presses their buttons. */
async function confirm({ browser }: Person, link: string): Promise<void> {
  let page = await browser.visit(link);
  for (let forms = 0; forms < MAX_FORMS; forms++) {
    const html = await page.response.text();
    const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1];
    if (action === undefined) return;
    const body = new URLSearchParams();
    for (const [, name = '', value = ''] of html.matchAll(/<input[^>]* name="([^"]+)" value="([^"]*)"/g))
      body.set(name, value);
    const response = await browser.fetch(action, { method: 'POST', body });
    const next = response.headers.get('location');
    page = next === null ? { ...page, response } : await browser.visit(new URL(next, action));
  }
  throw new Error('the provider does not come to an end with a device code');
}
