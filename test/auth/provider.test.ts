import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ProviderOptions } from '../../src/auth/provider.js';
import { ProviderError, type ProviderErrorCode } from '../../src/auth/provider-error.js';
import { Secret } from '../../src/text/secret.js';
import { type Answer, type FakeProvider, foreignKey } from './fake-provider.js';
import { CHECKS, ProviderStand, rejectsWith } from './provider-stand.js';

const TOKEN = '/token';
const DISCOVERY = '/.well-known/openid-configuration';

let stand: ProviderStand;
let fake: FakeProvider;

beforeEach(async () => {
  stand = await ProviderStand.start();
  fake = stand.fake;
});
afterEach(() => stand.close());

const provider = (over: Partial<ProviderOptions> = {}) => stand.provider(over);
const redeem: ProviderStand['redeem'] = (...given) => stand.redeem(...given);

describe('provider: what is asked', () => {
  test('attack 27: the redirect URI comes from the public URL; PKCE, state and nonce are always there', async () => {
    const url = await provider({ scopes: ['openid', 'offline_access'] }).authorizationUrl(CHECKS);
    const asked = Object.fromEntries(url.searchParams);
    assert.match(asked.code_challenge ?? '', /^[\w-]{43}$/);
    assert.notEqual(asked.code_challenge, CHECKS.verifier);
    assert.deepEqual(
      { ...asked, code_challenge: '' },
      {
        client_id: 'visiona',
        response_type: 'code',
        redirect_uri: 'https://visiona.example/api/auth/callback',
        scope: 'openid offline_access',
        state: CHECKS.state,
        nonce: CHECKS.nonce,
        code_challenge: '',
        code_challenge_method: 'S256',
        prompt: 'consent',
      },
    );
    assert.equal((await provider().authorizationUrl(CHECKS)).searchParams.get('prompt'), null);
  });

  test('S9: consent is not asked for where the operator says so', async () => {
    const over = { scopes: ['openid', 'offline_access'], consent: 'never' } as const;
    const { searchParams } = await provider(over).authorizationUrl(CHECKS);
    assert.equal(searchParams.get('prompt'), null);
    assert.equal(searchParams.get('scope'), 'openid offline_access');
  });

  /** The bytes of POST /token, taken from the socket. */
  async function tokenRequestBytes(clientSecret: Secret | undefined): Promise<string> {
    let bytes = '';
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.on('data', (part) => {
        bytes += part.toString('latin1');
        socket.end('HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    fake.metadata = { token_endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token` };
    await rejectsWith(redeem(provider({ clientSecret })), 'ERR_PROVIDER_UNREACHABLE');
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
    return bytes;
  }

  test('attack 32: a public client sends no secret and no Authorization, byte for byte', async () => {
    const bytes = await tokenRequestBytes(undefined);
    const [head = '', body = ''] = bytes.split('\r\n\r\n');
    assert.match(head, /^POST \/token HTTP\/1\.1\r\n/);
    assert.doesNotMatch(bytes, /client_secret|authorization:|basic /i);
    const names = [...new URLSearchParams(body).keys()].sort();
    assert.deepEqual(names, ['client_id', 'code', 'code_verifier', 'grant_type', 'redirect_uri']);
  });

  test('attack 32: a confidential client says its secret in Authorization and nowhere else', async () => {
    const bytes = await tokenRequestBytes(new Secret('s3cret'));
    const [head = '', body = ''] = bytes.split('\r\n\r\n');
    assert.match(head, new RegExp(`authorization: Basic ${btoa('visiona:s3cret')}\r\n`, 'i'));
    assert.doesNotMatch(body, /secret/);
  });

  test('attack 31: http is for loopback only', () => {
    for (const issuer of ['http://id.example', 'http://10.0.0.1', 'http://127.0.0.1.evil.test']) {
      assert.throws(() => provider({ issuer: new URL(issuer) }), RangeError);
    }
    provider({ issuer: new URL('https://id.example') });
  });
});

describe('provider: who signed in', () => {
  test('a code becomes tokens and an identity; the name comes from userinfo where the ID token has none', async () => {
    const tokens = await redeem();
    assert.equal(tokens.issuer, fake.issuer);
    assert.equal(tokens.subject, 'alice');
    assert.equal(tokens.name, 'Somebody');
    assert.ok(tokens.refreshToken && tokens.idToken && (tokens.expiresAt ?? 0) > Date.now());
    fake.claims = { name: 'Alice', email: 'alice@example.test' };
    const named = await redeem();
    assert.deepEqual([named.name, named.email], ['Alice', 'alice@example.test']);
    assert.equal(fake.to('/userinfo').length, 1);
  });

  for (const subject of ['', '  ', '\u200b', 'a\0b', 'a\nb', 'x'.repeat(256), 'x'.repeat(3000)]) {
    test(`attack 16: the subject ${JSON.stringify(subject.slice(0, 5))} (${subject.length}) is refused`, async () => {
      await rejectsWith(redeem(provider(), subject), 'ERR_PROVIDER_ANSWER');
    });
  }

  for (const subject of [
    '__proto__',
    'constructor',
    '../x',
    'system',
    'anonymous',
    'default',
    'admin',
    '用户',
  ]) {
    test(`attack 18: ${subject} is an ordinary subject`, async () => {
      assert.equal((await redeem(provider(), subject)).subject, subject);
    });
  }

  test("attack 20: another's userinfo ends the sign-in; none does not", async () => {
    fake.answers.set('/userinfo', () => ({ body: { sub: 'mallory', name: 'Mallory' } }));
    await rejectsWith(redeem(), 'ERR_PROVIDER_ANSWER');
    fake.answers.set('/userinfo', () => ({ status: 503 }));
    assert.equal((await redeem()).name, undefined);
  });
});

describe('provider: what it answers', () => {
  const past = Math.floor(Date.now() / 1000) - 3600;
  const forged: [string, (by: FakeProvider) => unknown][] = [
    [
      'signed by a foreign key',
      async (by) => {
        by.signingKey = await foreignKey();
      },
    ],
    [
      'with an unknown key id',
      async (by) => {
        by.signingKey = await foreignKey();
        by.header = { alg: 'RS256', kid: 'key-2' };
      },
    ],
    [
      'HS256 keyed by the client id',
      (by) => {
        by.signingKey = Buffer.from('visiona'.repeat(5));
        by.header = { alg: 'HS256' };
      },
    ],
    ['for another audience', (by) => Object.assign(by.claims, { aud: 'other' })],
    ['for several audiences without azp', (by) => Object.assign(by.claims, { aud: ['visiona', 'other'] })],
    ['of another issuer', (by) => Object.assign(by.claims, { iss: 'https://evil.test' })],
    ['expired', (by) => Object.assign(by.claims, { exp: past })],
    ['not valid yet', (by) => Object.assign(by.claims, { nbf: past + 7200 })],
    ['with another nonce', (by) => Object.assign(by.claims, { nonce: 'x'.repeat(43) })],
  ];
  for (const [what, forge] of forged) {
    test(`attack 28, 29: an ID token ${what} is refused`, async () => {
      await forge(fake);
      await rejectsWith(redeem(), 'ERR_PROVIDER_ANSWER');
    });
  }

  test('attack 29: an ID token with alg none is refused', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: fake.issuer,
      sub: 'alice',
      aud: 'visiona',
      nonce: CHECKS.nonce,
      iat: now,
      exp: now + 60,
    };
    const token = `${part({ alg: 'none' })}.${part(claims)}.`;
    fake.answers.set(TOKEN, () => ({ body: { access_token: 'a', token_type: 'Bearer', id_token: token } }));
    await rejectsWith(redeem(), 'ERR_PROVIDER_ANSWER');
  });

  test('attack 28: no nonce, a wrong verifier, a code twice', async () => {
    fake.claims = { nonce: undefined };
    await rejectsWith(redeem(), 'ERR_PROVIDER_ANSWER');
    fake.claims = {};
    const by = provider();
    const query = fake.signIn(await by.authorizationUrl(CHECKS), 'alice');
    await rejectsWith(by.redeem(query, { ...CHECKS, verifier: 'w'.repeat(43) }), 'ERR_PROVIDER_GRANT');
    const again = fake.signIn(await by.authorizationUrl(CHECKS), 'alice');
    await by.redeem(again, CHECKS);
    await rejectsWith(by.redeem(again, CHECKS), 'ERR_PROVIDER_GRANT');
  });

  test('the operator is told what was wrong, and no claim or byte of an answer is quoted', async () => {
    const told = async () => {
      const error = await redeem().catch((thrown: unknown) => thrown);
      assert.ok(error instanceof ProviderError);
      return JSON.stringify([error.message, error.stack, error.cause]);
    };
    Object.assign(fake.claims, { nonce: 'x'.repeat(43) });
    const mismatch = await told();
    assert.match(mismatch, /nonce/);
    assert.doesNotMatch(mismatch, /xxx|nnn|alice/);
    fake.answers.set(TOKEN, () => ({ body: '{"access_token":"very-secret' }));
    assert.doesNotMatch(await told(), /very-secret|access_token/);
  });

  test('an access token that no field can carry is refused', async () => {
    fake.answers.set(TOKEN, async (request) => {
      const answer = await fake.standard(request);
      assert.ok(typeof answer === 'object');
      return { body: { ...(answer.body as object), access_token: 'a\r\nX: y\u7528' } };
    });
    await rejectsWith(redeem(), 'ERR_PROVIDER_ANSWER');
  });

  const broken: [string, Answer, ProviderErrorCode][] = [
    ['no id_token', { body: { access_token: 'a', token_type: 'Bearer' } }, 'ERR_PROVIDER_ANSWER'],
    ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>' }, 'ERR_PROVIDER_ANSWER'],
    ['bad JSON', { body: '{"access_token' }, 'ERR_PROVIDER_ANSWER'],
    ['302', { status: 302, headers: { location: 'https://evil.test' } }, 'ERR_PROVIDER_ANSWER'],
    ['502', { status: 502 }, 'ERR_PROVIDER_UNREACHABLE'],
    ['503 with an OAuth error', { status: 503, body: { error: 'server_error' } }, 'ERR_PROVIDER_UNREACHABLE'],
    ['invalid_client', { status: 401, body: { error: 'invalid_client' } }, 'ERR_PROVIDER_REFUSED'],
    ['nothing', 'hang', 'ERR_PROVIDER_UNREACHABLE'],
    ['half an answer', 'cut', 'ERR_PROVIDER_UNREACHABLE'],
  ];
  for (const [what, answer, code] of broken) {
    test(`attack 30: the token endpoint answers ${what}: ${code}`, async () => {
      fake.answers.set(TOKEN, () => answer);
      // Only where it is waited for: on a busy machine good answers take their time.
      await rejectsWith(redeem(answer === 'hang' ? provider({ timeoutMs: 300 }) : provider()), code);
      // And it is as before once the provider is.
      fake.answers.delete(TOKEN);
      assert.equal((await redeem()).subject, 'alice');
    });
  }

  test('attack 21: an answer with a wrong, second or missing issuer is refused before anything is sent', async () => {
    const change: ((query: string) => string)[] = [
      (query) => query.replace(/iss=[^&]*/, 'iss=https%3A%2F%2Fevil.test'),
      (query) => query.replace(/&iss=[^&]*/, ''),
      (query) => `${query}&iss=${encodeURIComponent(fake.issuer)}`,
    ];
    for (const each of change) await rejectsWith(redeem(provider(), 'alice', each), 'ERR_PROVIDER_CALLBACK');
    assert.equal(fake.to(TOKEN).length, 0);
  });

  test('attack 25: a refusal says so, and its description goes nowhere', async () => {
    const answer = (error: string) => (query: string) =>
      query.replace(/code=[^&]*/, `error=${error}&error_description=%3Cscript%3E`);
    for (const [error, code] of [
      ['access_denied', 'ERR_PROVIDER_DENIED'],
      ['login_required', 'ERR_PROVIDER_DENIED'],
      ['server_error', 'ERR_PROVIDER_UNREACHABLE'],
      ['invalid_scope', 'ERR_PROVIDER_REFUSED'],
      ['%3Cscript%3E', 'ERR_PROVIDER_REFUSED'],
    ] as const) {
      await assert.rejects(redeem(provider(), 'alice', answer(error)), (thrown: ProviderError) => {
        assert.equal(thrown.code, code);
        assert.doesNotMatch(JSON.stringify([thrown.message, thrown.stack, thrown.cause]), /script/);
        return true;
      });
    }
    assert.equal(fake.to(TOKEN).length, 0);
  });
});

describe('provider: discovery', () => {
  test('attack 31: down at the start, then up: no restart, and no more questions than one a while', async () => {
    let now = 0;
    await fake.close();
    const by = provider({ now: () => now });
    await rejectsWith(by.authorizationUrl(CHECKS), 'ERR_PROVIDER_UNREACHABLE');
    await fake.listen();
    await rejectsWith(by.authorizationUrl(CHECKS), 'ERR_PROVIDER_UNREACHABLE');
    assert.equal(fake.requests.length, 0);
    now += 500;
    await Promise.all(Array.from({ length: 50 }, () => by.authorizationUrl(CHECKS)));
    assert.equal(fake.to(DISCOVERY).length, 1);
    assert.match(stand.logged.join(''), /was not discovered.*answers again/s);
  });

  test('attack 31: the wait between attempts grows, up to 10 s', async () => {
    let now = 0;
    fake.answers.set(DISCOVERY, () => ({ status: 500 }));
    const by = provider({ now: () => now });
    for (let i = 0; i < 12; i++) {
      await rejectsWith(by.metadata(), 'ERR_PROVIDER_UNREACHABLE');
      now += 10_000;
    }
    assert.equal(fake.to(DISCOVERY).length, 12);
    now += 4_000;
    await rejectsWith(by.metadata(), 'ERR_PROVIDER_UNREACHABLE');
    now -= 10_000;
    assert.equal(fake.to(DISCOVERY).length, 13);
    await rejectsWith(by.metadata(), 'ERR_PROVIDER_UNREACHABLE');
    assert.equal(fake.to(DISCOVERY).length, 13);
  });

  test('attack 31: another issuer, a path that does not fit, no document', async () => {
    fake.metadata = { issuer: 'https://evil.test' };
    await rejectsWith(provider().metadata(), 'ERR_PROVIDER_ANSWER');
    fake.metadata = {};
    await rejectsWith(
      provider({ issuer: new URL(`${fake.issuer}/realm/`) }).metadata(),
      'ERR_PROVIDER_ANSWER',
    );
    fake.answers.set(DISCOVERY, () => ({ status: 404 }));
    await rejectsWith(provider().metadata(), 'ERR_PROVIDER_ANSWER');
    fake.answers.set(DISCOVERY, () => 'hang');
    await rejectsWith(provider({ timeoutMs: 300 }).metadata(), 'ERR_PROVIDER_UNREACHABLE');
  });
});

describe('provider: later', () => {
  test('a refresh answers new tokens; a used token is ERR_PROVIDER_GRANT', async () => {
    const by = provider();
    const first = await redeem(by);
    const second = await by.refresh(first.refreshToken ?? '', first);
    assert.notEqual(second.refreshToken, first.refreshToken);
    await rejectsWith(by.refresh(first.refreshToken ?? '', first), 'ERR_PROVIDER_GRANT');
  });

  test("attack 20: a refresh that answers another's tokens is refused", async () => {
    const by = provider();
    const first = await redeem(by);
    fake.claims = { sub: 'mallory' };
    await rejectsWith(by.refresh(first.refreshToken ?? '', first), 'ERR_PROVIDER_GRANT');
  });

  test('a refresh while it is down is ERR_PROVIDER_UNREACHABLE', async () => {
    const by = provider();
    const first = await redeem(by);
    fake.answers.set(TOKEN, () => ({ status: 500, body: { error: 'server_error' } }));
    await rejectsWith(by.refresh(first.refreshToken ?? '', first), 'ERR_PROVIDER_UNREACHABLE');
  });

  test('a refresh token is revoked, where there is an endpoint; sign-out has a URL, where there is one', async () => {
    const by = provider();
    await by.revoke('rt-1');
    assert.deepEqual(fake.revoked, ['rt-1']);
    const url = await by.endSessionUrl('id-token');
    assert.equal(url?.origin + (url?.pathname ?? ''), `${fake.issuer}/logout`);
    assert.deepEqual(Object.fromEntries(url?.searchParams ?? []), {
      post_logout_redirect_uri: 'https://visiona.example/',
      id_token_hint: 'id-token',
      client_id: 'visiona',
    });
    fake.metadata = { revocation_endpoint: undefined, end_session_endpoint: undefined };
    const without = provider();
    await without.revoke('rt-2');
    assert.equal(await without.endSessionUrl('x'), undefined);
    assert.deepEqual(fake.revoked, ['rt-1']);
  });

  test('S7: an ID token over 2 KB is no hint at the sign-out: the URL would be too long for many', async () => {
    const by = provider();
    const hintOf = async (idToken: string) =>
      (await by.endSessionUrl(idToken))?.searchParams.get('id_token_hint');
    assert.equal(await hintOf('x'.repeat(2048)), 'x'.repeat(2048));
    assert.equal(await hintOf('x'.repeat(2049)), null);
    fake.claims = { groups: Array.from({ length: 200 }, (_, at) => `group-${at}-of-the-directory`) };
    const { idToken = '' } = await redeem(by);
    assert.ok(idToken.length > 2048);
    const url = await by.endSessionUrl(idToken);
    assert.equal(url?.searchParams.get('client_id'), 'visiona');
    assert.ok((url?.href.length ?? Number.NaN) < 2048);
  });

  test('attack 15: no code, state, verifier or token is in the log, whatever goes wrong', async () => {
    await fake.close();
    await redeem().catch(() => {});
    await fake.listen();
    fake.answers.set('/userinfo', () => ({ status: 500 }));
    const { idToken, refreshToken } = await redeem();
    const text = stand.logged.join('');
    for (const secret of [CHECKS.state, CHECKS.nonce, CHECKS.verifier, idToken, refreshToken, 'at-alice']) {
      assert.ok(!text.includes(secret ?? ''), text);
    }
  });
});
