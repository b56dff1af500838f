import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDatabase, openDatabase } from '../../src/store/sqlite/sqlite.js';
import { FakeProvider } from '../auth/fake-provider.js';
import { sized } from '../support/sized.js';
import { until } from '../support/until.js';
import { runToEnd } from './kit/program.js';
import { Person, RestProcess } from './kit/rest-process.js';

const COOKIE = '__Host-visiona_session';

describe('visiona up with its development provider', () => {
  let up: RestProcess;
  before(async () => {
    up = await RestProcess.start('up');
  });
  after(() => up.close());

  test('somebody signs in, is known, signs out; a copy of the cookie is dead', async () => {
    const alice = new Person(up);
    assert.equal((await alice.get('/api/auth/me')).status, 401);
    const { url } = await alice.signIn('alice', '/app?x=1');
    assert.equal(url.href, up.url('/app?x=1'));
    const copy = alice.copy();
    const me = await copy.me();
    assert.deepEqual([me.name, me.email, me.via], ['alice', 'alice@example.test', 'session']);
    assert.equal((await copy.get('/api/devices')).status, 200);
    const refused = await alice.browser.fetch(up.url('/api/auth/logout'), { method: 'POST' });
    assert.equal(refused.status, 403);
    const answer = await alice.send('POST', '/api/auth/logout');
    assert.equal(answer.status, 200);
    assert.equal(alice.browser.cookie(COOKIE), undefined);
    const { endSessionUrl } = (await answer.json()) as { endSessionUrl: string };
    assert.equal((await alice.browser.fetch(endSessionUrl)).status, 200);
    assert.equal((await copy.get('/api/auth/me')).status, 401);
    assert.equal((await copy.get('/api/devices')).status, 401);
    assert.equal((await copy.send('POST', '/api/auth/logout')).status, 200);
  });

  test('attack 24: two tabs of one browser', async () => {
    const alice = new Person(up);
    const logins = [
      await alice.get('/api/auth/login?return_to=/1'),
      await alice.get('/api/auth/login?return_to=/2'),
    ];
    const [first, second] = logins.map((answer) => answer.headers.get('location') ?? '');
    const one = await alice.browser.visit(second ?? '', 'alice');
    assert.equal(one.url.href, up.url('/2'));
    const two = await alice.browser.visit(first ?? '', 'alice');
    assert.deepEqual([two.response.status, two.response.headers.get('refresh')], [400, '0; url=/']);
    assert.equal((await alice.me()).name, 'alice');
  });

  test('two people are two users, and see their own sessions only', async () => {
    const [alice, bob] = [await up.signIn('alice'), await up.signIn('bob')];
    assert.notEqual((await alice.me()).userId, (await bob.me()).userId);
    const { items } = (await (await bob.get('/api/auth/sessions')).json()) as {
      items: { sessionId: string }[];
    };
    assert.equal(items.length, 1);
    const path = `/api/auth/sessions/${items[0]?.sessionId}`;
    assert.equal((await alice.send('DELETE', path)).status, 404);
    assert.equal((await bob.get('/api/auth/me')).status, 200);
    assert.equal((await bob.send('DELETE', path)).status, 204);
    assert.equal((await bob.get('/api/auth/me')).status, 401);
  });

  test('attack 15: its log is JSON lines, and holds no code, state, verifier, token or cookie', async () => {
    const alice = new Person(up);
    const { visited } = await alice.signIn('alice');
    const secrets = visited.flatMap(({ searchParams }) =>
      ['state', 'nonce', 'code', 'code_challenge'].map((name) => searchParams.get(name)),
    );
    secrets.push(alice.browser.cookie(COOKIE)?.split('.')[3] ?? null, 'eyJ');
    const found = secrets.filter((secret) => secret !== null);
    assert.ok(found.length >= 7);
    const { output } = up.program;
    for (const secret of found) assert.ok(!output.includes(secret), `${secret} is logged`);
    for (const line of output.trimEnd().split('\n')) assert.match(line, /^\{.*\}$/);
  });

  test('attack 11: a session ends at its time, however often it is asked for', async () => {
    const alice = await up.signIn('alice');
    const { sessionId } = await alice.me();
    const endsAt = Date.now() + 1500;
    const db = await openDatabase(up.dataDir);
    try {
      db.prepare('UPDATE sign_ins SET ends_at = ? WHERE id = ?').run(endsAt, String(sessionId));
    } finally {
      closeDatabase(db);
    }
    await until(async () => (await alice.get('/api/auth/me')).status === 401);
    assert.ok(Date.now() >= endsAt);
    assert.equal((await alice.get('/api/devices')).status, 401);
  });

  test('after a restart whoever was signed in still is, and can sign in anew', async () => {
    const alice = await up.signIn('alice');
    const { userId } = await alice.me();
    await up.restart();
    assert.equal((await alice.me()).userId, userId);
    assert.equal((await (await up.signIn('alice')).me()).userId, userId);
  });

  test('attack 12: with a new first secret the cookie is signed anew, and the old secret can go', async () => {
    const [old, next] = ['old', 'new'].map((word) => `${word}-`.repeat(12));
    const generated = (await readFile(join(up.dataDir, 'session-secret'), 'utf8')).trim();
    await up.restart({ SESSION_SECRET: `${old},${generated}` });
    const alice = await up.signIn('alice');
    const before = alice.browser.cookie(COOKIE);
    await up.restart({ SESSION_SECRET: `${next},${old}` });
    assert.equal((await alice.get('/api/devices')).status, 200);
    assert.equal(alice.browser.cookie(COOKIE), before);
    assert.equal((await alice.get('/api/auth/me')).status, 200);
    assert.notEqual(alice.browser.cookie(COOKIE), before);
    await up.restart({ SESSION_SECRET: String(next) });
    assert.equal((await alice.get('/api/auth/me')).status, 200);
  });
});

describe('S11: sign-ins under way', () => {
  let up: RestProcess;
  before(async () => {
    up = await RestProcess.start('up', { VISIONA_TRUSTED_PROXIES: '127.0.0.1' });
  });
  after(() => up.close());

  const ADDRESSES = 50;

  test('a flood of them from many addresses keeps nobody out, and nothing of it is kept', async () => {
    const alice = new Person(up);
    const begun = (await alice.get('/api/auth/login?return_to=/1')).headers.get('location') ?? '';
    /** Of every table but that of the limit, which counts addresses. */
    const rows = async () => {
      const db = await openDatabase(up.dataDir);
      const named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'attempts'";
      const tables = db.prepare(named).all() as { name: string }[];
      const counts = tables.map(({ name }) => db.prepare(`SELECT count(*) AS count FROM ${name}`).get());
      closeDatabase(db);
      return counts;
    };
    const before = await rows();
    for (let i = 0; i < sized(4, 290); i++) {
      const answers = await Promise.all(
        Array.from({ length: ADDRESSES }, (_, address) =>
          fetch(up.url('/api/auth/login'), {
            redirect: 'manual',
            headers: { 'x-forwarded-for': `198.51.100.${address}` },
          }),
        ),
      );
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([303]));
    }
    assert.deepEqual(await rows(), before);
    assert.equal((await (await up.signIn('bob')).me()).name, 'bob');
    assert.equal((await alice.browser.visit(begun, 'alice')).url.href, up.url('/1'));
  });

  test('one comes back to a process that was started meanwhile', async () => {
    const alice = new Person(up);
    const begun = (await alice.get('/api/auth/login?return_to=/1')).headers.get('location') ?? '';
    await up.restart();
    assert.equal((await alice.browser.visit(begun, 'alice')).url.href, up.url('/1'));
    assert.equal((await alice.me()).name, 'alice');
  });
});

test('the development provider refuses production and open listeners in one sentence', async () => {
  for (const env of [
    { NODE_ENV: 'production' },
    { VISIONA_API_ADDR: '0.0.0.0:0', VISIONA_PUBLIC_URL: 'http://127.0.0.1:1' },
    { VISIONA_DEV_OP_ADDR: '0.0.0.0:0' },
  ]) {
    const { code, stderr } = await runToEnd(['up'], env);
    assert.equal(code, 1);
    assert.match(stderr, /OIDC_ISSUER: it must be set [^\n]*signs anybody in[^\n]*\n/);
    assert.equal(stderr.match(/signs anybody in/g)?.length, 1);
  }
});

test('attack 12, 31: a weak secret, or an issuer on plain http, refuses the start and is not repeated', async () => {
  const issuer = { OIDC_ISSUER: 'http://id.example', OIDC_CLIENT_ID: 'visiona' };
  for (const [env, said, secret] of [
    [issuer, /OIDC_ISSUER: plain http is for loopback only/, 'client_secret'],
    [{ SESSION_SECRET: 'short-and-known' }, /SESSION_SECRET: /, 'short-and-known'],
    [
      { SESSION_SECRET: `${'strong-'.repeat(6)},short-and-known` },
      /SESSION_SECRET: entry 2/,
      'short-and-known',
    ],
  ] as const) {
    const { code, stdout, stderr } = await runToEnd(['up'], env);
    assert.equal(code, 1);
    assert.match(stderr, said);
    assert.ok(!(stdout + stderr).includes(secret));
  }
});

for (const command of ['up', 'api-server'] as const) {
  describe(`visiona ${command} with a provider given by issuer and client id alone`, () => {
    let provider: FakeProvider;
    let api: RestProcess;
    before(async () => {
      provider = await FakeProvider.start();
      await provider.close();
      api = await RestProcess.start(command, { OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: 'visiona' });
    });
    after(async () => {
      await api.close();
      await provider.close();
    });

    /** To the provider, which says yes, and back. */
    async function signIn(person: Person): Promise<Response> {
      const login = await person.get('/api/auth/login');
      const query = provider.signIn(new URL(login.headers.get('location') ?? ''), 'alice');
      return person.get(`/api/auth/callback?${query}`);
    }

    test('a provider that is down at the start is one line of the log, without a stack, before anybody signs in', async () => {
      const line = await api.program.line('the OpenID provider was not discovered');
      assert.equal(line.issuer, new URL(provider.issuer).href);
      assert.match(String(line.problem), /cannot be reached: ECONNREFUSED/);
      assert.equal(line.err, undefined);
      assert.equal(api.program.output.split('was not discovered').length, 2, 'once');
    });

    test('attack 31: the provider is down at the start: 503; then it is up, and people sign in', async () => {
      const alice = new Person(api);
      const down = await alice.get('/api/auth/login');
      assert.equal(down.status, 503);
      assert.equal(((await down.json()) as { code: string }).code, 'provider-unreachable');
      assert.equal((await alice.get('/api/health')).status, 200);
      await provider.listen();
      await recovered(alice);
      assert.equal((await signIn(alice)).status, 303);
      assert.equal((await alice.me()).name, 'Somebody');
    });

    test('attack 32: what the provider got of us is no secret', async () => {
      assert.equal((await signIn(new Person(api))).status, 303);
      for (const { headers, body } of provider.to('/token')) {
        assert.equal(headers.authorization, undefined);
        assert.deepEqual([...body.keys()].sort(), [
          'client_id',
          'code',
          'code_verifier',
          'grant_type',
          'redirect_uri',
        ]);
        assert.equal(body.get('redirect_uri'), api.url('/api/auth/callback'));
      }
    });

    test('attack 23: the same answer twice at once: one session', async () => {
      const alice = new Person(api);
      const login = await alice.get('/api/auth/login');
      const query = provider.signIn(new URL(login.headers.get('location') ?? ''), 'alice');
      const copy = alice.copy();
      const answers = await Promise.all([alice, copy].map((each) => each.get(`/api/auth/callback?${query}`)));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 400]);
    });

    test('attack 13: the store’s process is killed: sessions are there when it is back, and nobody is let in meanwhile', async () => {
      const alice = new Person(api);
      await signIn(alice);
      const stranger = new Person(api);
      for (const pid of api.program.children) process.kill(pid, 'SIGKILL');
      const [mine, theirs] = await Promise.all([alice.get('/api/auth/me'), stranger.get('/api/auth/me')]);
      assert.ok([200, 503].includes(mine.status), String(mine.status));
      assert.equal(theirs.status, 401);
      await until(async () => (await alice.get('/api/auth/me')).status === 200);
    });

    async function recovered(person: Person): Promise<void> {
      await until(async () => (await person.get('/api/auth/login')).status === 303);
    }
  });
}
