import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { pino } from 'pino';
import { devProviderKeys } from '../../../src/auth/dev-provider/keys.js';
import { type DevProvider, startDevProvider } from '../../../src/auth/dev-provider/thread.js';
import { Provider } from '../../../src/auth/provider.js';
import { Sealer } from '../../../src/auth/seal.js';
import { openTokens, type SessionTokens } from '../../../src/auth/session-tokens.js';
import { DEV_AUDIENCE, type DevProviderConfig } from '../../../src/config/types.js';
import type { Address } from '../../../src/net/address.js';
import type { CookieHash } from '../../../src/store/ports/ids.js';
import { Secret } from '../../../src/text/secret.js';
import { TestRest } from '../../http/kit.js';
import { HttpBrowser } from '../../support/http-browser.js';
import { TestStore } from '../../support/test-store.js';
import { keys, NEW_SECRET } from '../keys.js';
import { OIDC_POLICY } from '../oidc-policy.js';
import { eventually } from '../stand.js';

const SECRET = new Secret('x'.repeat(43));

describe('development provider', () => {
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => lines.push(line) });
  const config = (address: Address): DevProviderConfig => ({
    address,
    secret: SECRET,
    policy: OIDC_POLICY,
    audience: DEV_AUDIENCE,
  });
  let provider: DevProvider;
  let port: number;
  let store: TestStore;
  let rest: TestRest;

  async function start(at: number): Promise<void> {
    provider = await startDevProvider(config({ host: '127.0.0.1', port: at }), log);
    port = Number(provider.client.issuer.port);
  }

  before(async () => {
    await start(0);
    store = await TestStore.open();
    rest = await TestRest.start({ log, signIn: { oidc: provider.client, cookieKeys: keys } }, store);
    assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 503, 'it does not serve yet');
    await provider.serve(new URL(rest.url('/')));
  });
  after(async () => {
    await rest.close();
    await provider.stop();
    await store.close();
  });

  const me = async (browser: HttpBrowser) =>
    (await (await browser.fetch(rest.url('/api/auth/me'))).json()) as Record<string, unknown>;

  test('anybody signs in through the real flow, and signs out', async () => {
    const browser = new HttpBrowser();
    const { url } = await browser.visit(rest.url('/api/auth/login?return_to=/app'), 'alice');
    assert.equal(url.href, rest.url('/app'));
    const user = await me(browser);
    assert.deepEqual([user.name, user.email, user.via], ['alice', 'alice@example.test', 'session']);
    const logout = await browser.fetch(rest.url('/api/auth/logout'), {
      method: 'POST',
      headers: { 'x-visiona-csrf': '1' },
    });
    const { endSessionUrl } = (await logout.json()) as { endSessionUrl: string };
    assert.equal((await browser.fetch(endSessionUrl)).status, 200);
    assert.equal((await browser.fetch(rest.url('/api/auth/me'))).status, 401);
  });

  test('S10: who signs in again in the same browser keeps the new tokens: one grant may be of both', async (t) => {
    const browser = new HttpBrowser();
    const revocations: string[] = [];
    const { fetch: real } = globalThis;
    t.mock.method(globalThis, 'fetch', async (url: string, init?: RequestInit) => {
      const answer = await real(url, init);
      if (String(url).endsWith('/revocation')) revocations.push(String(init?.body));
      return answer;
    });
    const sealer = new Sealer(keys);
    const signedIn = async (by: HttpBrowser): Promise<SessionTokens> => {
      await by.visit(rest.url('/api/auth/login'), 'alice');
      const row = store.rows<{ cookie_hash: CookieHash; sealed: string }>('sign_ins').at(-1);
      return (row && openTokens(sealer, row.cookie_hash, row.sealed)) as SessionTokens;
    };
    await signedIn(browser);
    const { refreshToken = '', issuer, subject } = await signedIn(browser);
    // What is given back is given back in turn: one that is for certain tells that nothing else is under way.
    const other = new HttpBrowser();
    const last = await signedIn(other);
    const headers = { 'x-visiona-csrf': '1' };
    await other.fetch(rest.url('/api/auth/logout'), { method: 'POST', headers });
    await eventually(() => revocations.length > 0);
    const ours = new Provider({ ...provider.client, publicUrl: new URL(rest.url('/')), log });
    const tokens = await ours.refresh(refreshToken, { issuer, subject });
    assert.ok(tokens.refreshToken);
    assert.equal(revocations.length, 1);
    assert.ok(revocations[0]?.includes(last.refreshToken ?? 'none'));
  });

  test('its cookies have names of their own', async () => {
    const browser = new HttpBrowser();
    await browser.visit(rest.url('/api/auth/login'), 'alice');
    assert.ok(browser.cookie('devop_session') && browser.cookie('devop_session.sig'));
    assert.equal(browser.cookie('_session'), undefined);
  });

  test('a subject that is no user is refused, and nobody is signed in', async () => {
    for (const name of ['   ', 'x'.repeat(300)]) {
      const { url, response } = await new HttpBrowser().visit(rest.url('/api/auth/login'), name);
      assert.deepEqual([url.pathname, response.status], ['/api/auth/callback', 502]);
    }
  });

  test('a page of another name that leads here (DNS rebinding) gets nothing', async () => {
    for (const host of [`evil.test:${port}`, 'evil.test', `localhost:${port}`, `127.0.0.1:${port + 1}`]) {
      const path = '/.well-known/openid-configuration';
      const request = get({ host: '127.0.0.1', port, path, headers: { host }, agent: false });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      assert.equal(response.statusCode, 421, host);
      assert.equal(response.headers['access-control-allow-origin'], undefined);
    }
  });

  test('whoever cancels there is told so', async () => {
    const browser = new HttpBrowser();
    const { url } = await browser.visit(rest.url('/api/auth/login'));
    const { response } = await browser.visit(`${url.href}/abort`);
    assert.equal(response.status, 403);
  });

  test('after a restart its sign-ins are good: the session, and the ID token at the sign-out', async () => {
    const browser = new HttpBrowser();
    await browser.visit(rest.url('/api/auth/login'), 'alice');
    await provider.stop();
    await start(port);
    await provider.serve(new URL(rest.url('/')));
    assert.equal((await me(browser)).name, 'alice');
    const headers = { 'x-visiona-csrf': '1' };
    const logout = await browser.fetch(rest.url('/api/auth/logout'), { method: 'POST', headers });
    const { endSessionUrl } = (await logout.json()) as { endSessionUrl: string };
    assert.equal((await browser.fetch(endSessionUrl)).status, 200);
  });

  test('its notices are in the log and not on the console, and no code or token is in it', () => {
    const text = lines.join('');
    assert.match(text, /development-only/);
    assert.match(text, /signs anybody in/);
    assert.doesNotMatch(text, /eyJ|code_verifier|refresh_token=/);
  });

  test('a taken port is an error of one sentence', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = { host: '127.0.0.1', port: (other.address() as AddressInfo).port };
    await assert.rejects(startDevProvider(config(taken), log), {
      name: 'ListenError',
      message: `cannot listen on 127.0.0.1:${taken.port}: it is taken by another process, such as a visiona that runs already, or not an address of this machine`,
    });
    other.close();
    await once(other, 'close');
  });
});

test('the keys come from the secret: the same for the same, others for another', () => {
  assert.deepEqual(devProviderKeys(SECRET), devProviderKeys(new Secret('x'.repeat(43))));
  assert.notDeepEqual(devProviderKeys(SECRET).signing, devProviderKeys(NEW_SECRET).signing);
});
