import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { ProviderError } from '../../src/auth/provider-error.js';
import { readMetadata } from '../../src/auth/provider-metadata.js';
import { code, Stand } from './stand.js';

const ISSUER = 'https://id.example';
const GOOD = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/jwks`,
};
const REQUIRED = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const;
const OPTIONAL = [
  'userinfo_endpoint',
  'revocation_endpoint',
  'end_session_endpoint',
  'device_authorization_endpoint',
] as const;
const BAD = [undefined, null, '', '/authorize', 'id.example/x', 7, [], {}, 'javascript:alert(1)'];

describe('the discovery document', () => {
  test('S6: whatever stands in it, it is of use or refused in one sentence', () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>(...BAD, `${ISSUER}/x`, 'http://id.example/x'),
      fc.jsonValue(),
    );
    const names = Object.fromEntries([...REQUIRED, ...OPTIONAL].map((name) => [name, value]));
    fc.assert(
      fc.property(fc.record(names, { requiredKeys: [] }), (given) => {
        let read: ReturnType<typeof readMetadata>;
        try {
          read = readMetadata({ ...GOOD, ...given } as unknown as Parameters<typeof readMetadata>[0]);
        } catch (error) {
          assert.ok(error instanceof ProviderError);
          assert.match(error.message, /^the \w+ in its discovery document is [\w ]+$/);
          return;
        }
        for (const endpoint of Object.values(read.endpoints)) {
          assert.ok(endpoint === undefined || new URL(endpoint).protocol === 'https:');
        }
      }),
    );
  });

  test('S6: plain http is for an issuer on plain http; null is as good as nothing, and the rest is told', () => {
    const http = { ...GOOD, userinfo_endpoint: 'http://id.example/userinfo' };
    assert.deepEqual(readMetadata(http).flaws, [
      'the userinfo_endpoint in its discovery document is not on https',
    ]);
    const local = { ...http, issuer: 'http://127.0.0.1:1' };
    assert.equal(readMetadata(local).endpoints.userinfo_endpoint, http.userinfo_endpoint);
    const none = { ...GOOD, userinfo_endpoint: null } as unknown as typeof http;
    assert.deepEqual(readMetadata(none).flaws, []);
  });
});

describe('a discovery document that is of no use', () => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.start();
  });
  afterEach(() => stand.close());

  for (const endpoint of REQUIRED) {
    for (const bad of [undefined, null, '', '/path', 'javascript:alert(1)']) {
      test(`S6: ${endpoint} ${JSON.stringify(bad)}: login is 502, and the log says what is wrong`, async () => {
        stand.provider.metadata = { [endpoint]: bad };
        const login = await stand.browser().get('/api/auth/login');
        assert.deepEqual([login.status, code(login)], [502, 'provider-failed']);
        const [line = '{}'] = stand.lines.filter((each) => each.includes('was not discovered'));
        assert.match(JSON.parse(line).problem, new RegExp(`^the ${endpoint} in its discovery document is`));
      });
    }
  }

  for (const issuer of ['', 'no url', 7, null]) {
    test(`S6: the issuer ${JSON.stringify(issuer)} is 502`, async () => {
      stand.provider.metadata = { issuer };
      assert.equal((await stand.browser().get('/api/auth/login')).status, 502);
    });
  }

  for (const endpoint of ['revocation_endpoint', 'end_session_endpoint']) {
    for (const bad of [null, '', '/path', 7]) {
      test(`S6: ${endpoint} ${JSON.stringify(bad)}: people sign in and out without it`, async () => {
        stand.provider.metadata = { [endpoint]: bad };
        const browser = await stand.signedIn();
        const answer = await browser.send('POST /api/auth/logout');
        assert.equal(answer.status, 200);
        const { endSessionUrl } = JSON.parse(answer.body);
        assert.equal(endSessionUrl === null, endpoint === 'end_session_endpoint');
        assert.equal(await browser.status(), 401);
      });
    }
  }

  const lives: [unknown, number][] = [
    [1e308, 303],
    [Number.MAX_SAFE_INTEGER, 303],
    [0.5, 303],
    [299.9, 303],
    ['300', 303],
    [0, 303],
    [-1, 502],
    ['soon', 502],
    [null, 502],
    [{}, 502],
  ];
  for (const [seconds, status] of lives) {
    test(`S6: expires_in ${JSON.stringify(seconds)}: ${status}, and never a fault of ours`, async () => {
      stand.provider.expiresIn = seconds;
      const browser = stand.browser();
      assert.equal((await browser.callback(await browser.leave())).status, status);
      if (status === 303) assert.equal(await browser.status(), 200);
    });
  }
});
