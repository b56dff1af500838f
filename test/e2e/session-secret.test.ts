import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FakeProvider } from '../auth/fake-provider.js';
import { NO_POSTGRES, TestSchema } from '../support/postgres.js';
import { runToEnd } from './kit/program.js';
import { Person, RestProcess } from './kit/rest-process.js';

const [OLD, NEW] = ['old', 'new'].map((word) => `${word}-`.repeat(12)) as [string, string];

const ANY_PORTS: Readonly<Record<string, string>> = Object.fromEntries(
  ['API', 'TUNNEL', 'INTERNAL', 'DEV_OP', 'OPS'].map((name) => [`VISIONA_${name}_ADDR`, '127.0.0.1:0']),
);

/** One sentence that says what to do, without a secret and without a stack. */
const REFUSED =
  /^visiona: SESSION_SECRET is another [^\n]*SESSION_SECRET=NEW,OLD[^\n]*visiona sessions end[^\n]*\n$/;

const GENERATED =
  'SESSION_SECRET is not set: the one in use is in the data directory of this machine only, while the data are in DATABASE_URL; ' +
  'set SESSION_SECRET, or the next machine, and this one without that directory, will be refused';

/** The same where the secret was generated. */
const LOST =
  /^visiona: \S+\/session-secret is missing or another [^\n]*beside visiona\.db[^\n]*visiona sessions end[^\n]*\n$/;

describe('S13: two api-servers with one database', { skip: NO_POSTGRES }, () => {
  let schema: TestSchema;
  let provider: FakeProvider;
  const running: RestProcess[] = [];
  before(async () => {
    [schema, provider] = [await TestSchema.create(), await FakeProvider.start()];
  });
  after(async () => {
    for (const each of running) await each.close();
    await provider.close();
    await schema.drop();
  });

  const settings = () => ({
    DATABASE_URL: schema.url,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: 'visiona',
  });

  async function start(secret: string): Promise<RestProcess> {
    const api = await RestProcess.start('api-server', { ...settings(), SESSION_SECRET: secret });
    running.push(api);
    return api;
  }

  async function signIn(at: RestProcess): Promise<Person> {
    const person = new Person(at);
    const login = await person.get('/api/auth/login');
    const query = provider.signIn(new URL(login.headers.get('location') ?? ''), 'alice');
    assert.equal((await person.get(`/api/auth/callback?${query}`)).status, 303);
    return person;
  }

  test('attack 65, S13: one with another secret is refused, in one sentence; with the same a cookie of one is good at the other', async () => {
    const first = await start(OLD);
    const { dataDir } = first;
    const env = { ...settings(), ...ANY_PORTS, VISIONA_DATA_DIR: dataDir };
    for (const [secret, said] of [
      [{ SESSION_SECRET: NEW }, REFUSED],
      [{}, LOST],
    ] as const) {
      const { code, stdout, stderr } = await runToEnd(['api-server'], { ...env, ...secret });
      assert.equal(code, 1);
      assert.match(stderr, said);
      assert.ok(!(stdout + stderr).includes(NEW));
    }
    const second = await start(OLD);
    const alice = await signIn(first);
    assert.equal((await new Person(second, alice.browser).get('/api/auth/me')).status, 200);
  });

  test('the secret is changed in one after the other, and nobody is signed out', async () => {
    const [first, second] = running as [RestProcess, RestProcess];
    const alice = await signIn(second);
    const everywhere = async () => {
      for (const each of running) {
        assert.equal((await new Person(each, alice.browser).get('/api/devices')).status, 200);
      }
    };
    for (const secret of [`${OLD},${NEW}`, `${NEW},${OLD}`]) {
      for (const each of [first, second]) {
        await each.restart({ SESSION_SECRET: secret });
        await everywhere();
      }
    }
    // Signed anew, with the new one.
    assert.equal((await new Person(first, alice.browser).get('/api/auth/me')).status, 200);
    for (const each of [first, second]) {
      await each.restart({ SESSION_SECRET: NEW });
      await everywhere();
    }
  });

  test('one that is generated beside DATABASE_URL is warned of at every start; the next machine is refused', async () => {
    const other = await TestSchema.create();
    const env = { ...settings(), DATABASE_URL: other.url };
    const first = await RestProcess.start('api-server', env);
    try {
      await first.program.line(GENERATED);
      await first.restart();
      await first.program.line(GENERATED);
      const next = await runToEnd(['api-server'], {
        ...env,
        ...ANY_PORTS,
        VISIONA_DATA_DIR: join(first.dataDir, 'next'),
      });
      assert.deepEqual([next.code, LOST.test(next.stderr)], [1, true], next.stderr);
    } finally {
      await first.close();
      await other.drop();
    }
  });

  test('where one was forgotten, its log says so', async () => {
    const [first, second] = running as [RestProcess, RestProcess];
    await first.restart({ SESSION_SECRET: `${OLD},${NEW}` });
    await second.restart({ SESSION_SECRET: NEW });
    await second.program.line(
      'another process signs with a SESSION_SECRET that is not in the list of this one: who signs in there is signed out here',
    );
  });
});

test('S13: a secret that was deleted, and so is another, is refused until everybody is signed out', async () => {
  const up = await RestProcess.start('up');
  try {
    const alice = await up.signIn('alice');
    await up.program.stop();
    await rm(join(up.dataDir, 'session-secret'));
    const env = { VISIONA_DATA_DIR: up.dataDir };
    const refused = await runToEnd(['up'], { ...env, ...ANY_PORTS });
    assert.deepEqual([refused.code, LOST.test(refused.stderr)], [1, true], refused.stderr);
    assert.ok(
      !existsSync(join(up.dataDir, 'session-secret')),
      'none is made in place of the one to be restored',
    );
    const ended = await runToEnd(['sessions', 'end'], env);
    assert.deepEqual(
      [ended.code, ended.stdout],
      [0, '1 session is ended; the next start may bring another SESSION_SECRET.\n'],
    );
    await up.restart();
    assert.equal((await alice.get('/api/auth/me')).status, 401);
    assert.equal((await (await up.signIn('alice')).get('/api/auth/me')).status, 200);
  } finally {
    await up.close();
  }
});

test('a generated secret that is missing is not made anew, however often it is tried; restored, it is good again', async () => {
  const provider = await FakeProvider.start();
  const env = { OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: 'visiona' };
  const first = await RestProcess.start('api-server', env);
  try {
    const secret = join(first.dataDir, 'session-secret');
    const kept = await readFile(secret, 'utf8');
    await first.program.stop();
    await rm(secret);
    const both = () =>
      Promise.all(
        [1, 2].map(() => runToEnd(['api-server'], { ...env, ...ANY_PORTS, VISIONA_DATA_DIR: first.dataDir })),
      );
    for (const { code, stderr } of await both())
      assert.deepEqual([code, LOST.test(stderr)], [1, true], stderr);
    await writeFile(secret, kept, { mode: 0o600 });
    await first.restart();
  } finally {
    await first.close();
    await provider.close();
  }
});
