import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { closeDatabase, openDatabase } from '../../src/store/sqlite/sqlite.js';
import { FakeProvider, type Received } from '../auth/fake-provider.js';
import { until } from '../support/until.js';
import { Person, RestProcess } from './kit/rest-process.js';

/** Against a provider whose access tokens have run out when they come. */
describe('refresh through visiona api-server', () => {
  let provider: FakeProvider;
  let api: RestProcess;
  before(async () => {
    provider = await FakeProvider.start();
    provider.expiresIn = 0;
    api = await RestProcess.start('api-server', {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: 'visiona',
      OIDC_SCOPES: 'openid offline_access',
    });
  });
  after(async () => {
    await api.close();
    await provider.close();
  });

  async function signedIn(subject: string): Promise<Person> {
    const person = new Person(api);
    const login = await person.get('/api/auth/login');
    const query = provider.signIn(new URL(login.headers.get('location') ?? ''), subject);
    assert.equal((await person.get(`/api/auth/callback?${query}`)).status, 303);
    return person;
  }

  const isRefresh = ({ body }: Received) => body.get('grant_type') === 'refresh_token';
  const tokensOf = (subject: string) =>
    [...provider.refreshTokens].filter(([, owner]) => owner === subject).map(([token]) => token);
  const status = async (person: Person) => (await person.get('/api/auth/me')).status;

  /** As if the time of all claims were over: somebody's next refresh is by another token, and goes well. */
  async function usesAnotherThan(token: string | undefined, person: Person): Promise<void> {
    const db = await openDatabase(api.dataDir);
    db.exec('UPDATE sign_ins SET claimed_until = 0');
    closeDatabase(db);
    await until(async () => {
      assert.equal(await status(person), 200);
      return provider.to('/token').filter(isRefresh).at(-1)?.body.get('refresh_token') !== token;
    });
    assert.equal(await status(person), 200);
  }

  test('S1: a user whose refresh is refused is signed out, or stays, and another is asked for all the same', async () => {
    const [alice, carol, bob] = [await signedIn('alice'), await signedIn('carol'), await signedIn('bob')];
    const [ofAlice, ofCarol] = [tokensOf('alice'), tokensOf('carol')];
    for (const token of tokensOf('bob')) provider.refreshTokens.delete(token);
    provider.answers.set('/token', (received) => {
      const sent = received.body.get('refresh_token') ?? '';
      if (ofAlice.includes(sent)) return { status: 400, body: { error: 'interaction_required' } };
      if (ofCarol.includes(sent)) return { status: 400, body: { error: 'invalid_request' } };
      return provider.standard(received);
    });
    assert.deepEqual([await status(carol), await status(alice), await status(bob)], [200, 401, 401]);
    provider.answers.clear();
  });

  test('S2: the rotated token of an answer that is not to be believed is used at the next refresh', async () => {
    const dora = await signedIn('dora');
    const [first] = tokensOf('dora');
    provider.answers.set('/token', async (received) => {
      const answer = (await provider.standard(received)) as { body: Record<string, unknown> };
      return { body: { ...answer.body, scope: null, access_token: undefined } };
    });
    assert.equal(await status(dora), 200);
    provider.answers.clear();
    await usesAnotherThan(first, dora);
    assert.equal(tokensOf('dora').length, 1, 'the family of tokens lives');
  });

  test('S2: the store is locked when the tokens come: they are stored when it is free, and nobody is signed out', async () => {
    const erin = await signedIn('erin');
    const [first] = tokensOf('erin');
    const db = await openDatabase(api.dataDir);
    try {
      const { sealed } = db.prepare('SELECT sealed FROM sign_ins ORDER BY id DESC LIMIT 1').get() as {
        sealed: string;
      };
      const now = () => db.prepare('SELECT sealed FROM sign_ins ORDER BY id DESC LIMIT 1').get();
      provider.answers.set('/token', (received) => {
        db.exec('BEGIN IMMEDIATE');
        return provider.standard(received);
      });
      assert.equal(await status(erin), 200);
      db.exec('COMMIT');
      provider.answers.clear();
      await until(async () => (now() as { sealed: string }).sealed !== sealed);
    } finally {
      closeDatabase(db);
    }
    await usesAnotherThan(first, erin);
    assert.equal(tokensOf('erin').length, 1, 'the family of tokens lives');
  });

  test('S10: a session that is ended in the list, and one that a sign-in replaces, are revoked', async () => {
    provider.expiresIn = 300;
    provider.claims = { sid: 'one' };
    const [here, there] = [await signedIn('frank'), await signedIn('frank')];
    const [ofHere, ofThere] = tokensOf('frank');
    const { items } = (await (await here.get('/api/auth/sessions')).json()) as {
      items: { sessionId: string; current: boolean }[];
    };
    const other = items.find(({ current }) => !current);
    assert.equal((await here.send('DELETE', `/api/auth/sessions/${other?.sessionId}`)).status, 204);
    await until(async () => provider.revoked.includes(ofThere ?? ''));
    assert.equal(await status(there), 401);
    provider.claims = { sid: 'two' };
    const login = await here.get('/api/auth/login');
    const query = provider.signIn(new URL(login.headers.get('location') ?? ''), 'frank');
    assert.equal((await here.get(`/api/auth/callback?${query}`)).status, 303);
    await until(async () => provider.revoked.includes(ofHere ?? ''));
    assert.equal(await status(here), 200);
  });
});
