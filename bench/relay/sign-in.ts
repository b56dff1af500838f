import { Program } from '../../test/e2e/kit/program.js';
import type { Person, RestProcess } from '../../test/e2e/kit/rest-process.js';

const PROVIDER_READY = 'the development OpenID provider signs anybody in; set OIDC_ISSUER for a real one';
const SESSION_COOKIE = '__Host-visiona_session';
/** Forms of the provider between the link and its last page. */
const MAX_FORMS = 5;

/** The session cookie of who is signed in, as a `Cookie` field. */
export function cookieOf({ browser }: Person): string {
  const value = browser.cookie(SESSION_COOKIE);
  if (value === undefined) throw new Error('the sign-in left no session cookie');
  return `${SESSION_COOKIE}=${value}`;
}

/** An access token of who is signed in: `visiona token`, confirmed in the browser. */
export async function accessTokenOf(user: Person, up: RestProcess): Promise<string> {
  const { issuer } = await up.program.line(PROVIDER_READY);
  const program = new Program(['token'], { VISIONA_DEV_OP_ADDR: new URL(String(issuer)).host });
  try {
    const [, link] = /Open (\S+) in a browser/.exec(await program.said(/confirm the code/)) ?? [];
    await confirm(user, link ?? '');
    const { code, stdout, stderr } = await program.exited;
    if (code !== 0) throw new Error(`visiona token: ${stderr}`);
    return stdout.trim();
  } finally {
    await program.kill();
  }
}

/** Sends the provider's forms as they come, as a person presses their buttons. */
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
