import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type Answer, foreignKey } from './fake-provider.js';
import { code, Stand } from './stand.js';

const USERINFO = '/userinfo';
const HTML = { 'content-type': 'text/html' };
const JWT = { 'content-type': 'application/jwt' };

let stand: Stand;
beforeEach(async () => {
  stand = await Stand.start();
});
afterEach(() => stand.close());

const warnings = () => stand.lines.filter((line) => line.includes("did not tell a user's name"));

describe('userinfo that is refused or odd', () => {
  const odd: [string, Answer][] = [
    ['204', { status: 204 }],
    ['302', { status: 302, headers: { location: 'https://evil.test' } }],
    ['401 without a challenge', { status: 401 }],
    ['401 with one', { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }],
    ['403', { status: 403, body: { error: 'insufficient_scope' } }],
    ['404 with a page', { status: 404, headers: HTML, body: '<html>' }],
    ['429', { status: 429, headers: { 'retry-after': '60' } }],
    ['431', { status: 431 }],
    ['500', { status: 500 }],
    ['a page', { headers: HTML, body: '<html>' }],
    ['an empty body', { body: ' ' }],
    ['bad JSON', { body: '{"sub":' }],
    ['a list', { body: [] }],
    ['no sub', { body: { name: 'Nobody' } }],
    ['a sub that is a number', { body: { sub: 7 } }],
    ['a name that is an object', { body: { sub: 'alice', name: {} } }],
    ['half an answer', 'cut'],
  ];
  for (const [what, answer] of odd) {
    test(`S3: ${what}: signed in, by what the ID token says`, async () => {
      stand.provider.claims = { email: 'alice@example.test' };
      stand.provider.answers.set(USERINFO, () => answer);
      const me = await (await stand.signedIn()).me();
      assert.deepEqual([me.name, me.email], [null, 'alice@example.test']);
      assert.equal(me.userId, await stand.store.findUser(stand.provider.issuer, 'alice'));
    });
  }

  test('S3: it is told once, with the reason and without the token', async () => {
    stand.provider.answers.set(USERINFO, () => ({ status: 403 }));
    await stand.signedIn();
    const [line, ...more] = warnings();
    assert.equal(more.length, 0);
    const { level, problem } = JSON.parse(line ?? '{}');
    assert.equal(level, 40);
    assert.match(problem, /status 403/);
    assert.ok(!stand.lines.join('').includes('at-alice'));
  });

  test('S3: signed answers are read where the provider says how it signs, and done without where not', async () => {
    stand.provider.answers.set(USERINFO, async () => ({
      headers: JWT,
      body: await stand.provider.sign({ sub: 'alice', name: 'Alice', aud: 'visiona' }),
    }));
    assert.equal((await (await stand.signedIn()).me()).name, null);
    assert.equal(warnings().length, 1);
    const other = await startAgain({ userinfo_signing_alg_values_supported: ['RS256'] });
    try {
      assert.equal((await (await other.signedIn()).me()).name, 'Alice');
    } finally {
      other.rest.close();
    }
  });

  for (const endpoint of [null, undefined, '', 'userinfo', 7, 'ftp://127.0.0.1/userinfo']) {
    test(`S3: no endpoint: ${JSON.stringify(endpoint)}`, async () => {
      stand.provider.metadata = { userinfo_endpoint: endpoint };
      assert.equal((await (await stand.signedIn()).me()).name, null);
      assert.equal(stand.provider.to(USERINFO).length, 0);
    });
  }

  const others: [string, () => Promise<Answer>][] = [
    ['JSON', async () => ({ body: { sub: 'mallory', name: 'Mallory' } })],
    ['a signed answer', async () => ({ headers: JWT, body: await stand.provider.sign({ sub: 'mallory' }) })],
    [
      'an answer that somebody else signed',
      async () => {
        stand.provider.signingKey = await foreignKey();
        return { headers: JWT, body: await stand.provider.sign({ sub: 'mallory' }) };
      },
    ],
  ];
  for (const [what, answer] of others) {
    test(`S3, attack 20: another's sub in ${what} does end the sign-in`, async () => {
      stand.provider.metadata = { userinfo_signing_alg_values_supported: ['RS256'] };
      stand.provider.answers.set(USERINFO, answer);
      const browser = stand.browser();
      const refused = await browser.callback(await browser.leave());
      assert.deepEqual([refused.status, code(refused)], [502, 'provider-failed']);
      assert.equal(await browser.status(), 401);
    });
  }
});

/** Another API before the same provider, which says something else of itself by now. */
function startAgain(metadata: Record<string, unknown>): Promise<Stand> {
  stand.provider.metadata = metadata;
  return Stand.start({ provider: stand.provider });
}
