import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fetch } from 'undici';
import { FakeProvider } from '../auth/fake-provider.js';
import { NO_POSTGRES, TestSchema } from '../support/postgres.js';
import { exchange, RestProcess } from './kit/rest-process.js';

const GUESSES = 30;
const STARTS = 300;

for (const [engine, skip] of [
  ['SQLite', false],
  ['PostgreSQL', NO_POSTGRES],
] as const) {
  describe(`limits of several api-servers on ${engine}`, { skip }, () => {
    let schema: TestSchema | undefined;
    let provider: FakeProvider;
    let first: RestProcess;
    let second: RestProcess;
    before(async () => {
      provider = await FakeProvider.start();
      schema = engine === 'PostgreSQL' ? await TestSchema.create() : undefined;
      const shared = {
        SESSION_SECRET: 'kP3vN8sYq2Wm5Zt7Lr9Jx4Hc6Bf1Gd0A',
        OIDC_ISSUER: provider.issuer,
        OIDC_CLIENT_ID: 'visiona',
        ...(schema && { DATABASE_URL: schema.url }),
      };
      first = await RestProcess.start('api-server', shared);
      second = await RestProcess.start('api-server', { ...shared, VISIONA_DATA_DIR: first.dataDir });
    });
    after(async () => {
      await second?.close();
      await first?.close();
      await provider?.close();
      await schema?.drop();
    });

    const guess = async (at: RestProcess, i: number) => {
      const answer = await exchange(at, `guess ${i}`);
      await answer.body?.cancel();
      return answer;
    };
    const begin = async (at: RestProcess) => {
      const answer = await fetch(at.url('/api/auth/login'), { redirect: 'manual' });
      await answer.body?.cancel();
      return answer;
    };

    test('B5: who guessed at one is told to wait at the other, and after a restart', async () => {
      for (let i = 0; i < GUESSES; i += 1) assert.equal((await guess(first, i)).status, 400);
      assert.equal((await guess(first, GUESSES)).status, 429);
      const elsewhere = await guess(second, GUESSES + 1);
      assert.equal(elsewhere.status, 429);
      assert.ok(Number(elsewhere.headers.get('retry-after')) >= 1);
      await first.restart();
      assert.equal((await guess(first, GUESSES + 2)).status, 429);
    });

    test('B5: sign-ins that were begun at one count at the other', async () => {
      for (let i = 0; i < STARTS; i += 1) assert.equal((await begin(first)).status, 303);
      const elsewhere = await begin(second);
      assert.equal(elsewhere.status, 429);
      assert.ok(Number(elsewhere.headers.get('retry-after')) >= 1);
    });
  });
}
