import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { scratch } from '../agent/agent-process.js';
import { FakeProvider, type Received } from '../auth/fake-provider.js';
import { Program } from '../e2e/kit/program.js';
import { run } from './run.js';

const AUDIENCE = 'https://visiona.example';

describe('visiona token', () => {
  let provider: FakeProvider;
  beforeEach(async () => {
    provider = await FakeProvider.start();
    provider.metadata = { device_authorization_endpoint: `${provider.issuer}/device` };
    provider.answers.set('/device', () => ({
      body: {
        device_code: 'device-code',
        user_code: 'ABCD-EFGH',
        verification_uri: `${provider.issuer}/confirm`,
        expires_in: 60,
        interval: 0.01,
      },
    }));
  });
  afterEach(() => provider.close());

  const token = (...flags: readonly string[]) =>
    run(['token', '--oidc-issuer', provider.issuer, ...flags], {
      OIDC_CLIENT_ID: 'visiona',
      OIDC_AUDIENCE: AUDIENCE,
    });

  test('it prints the token and nothing else; what to do goes to stderr; it asks for our API alone', async () => {
    let asked = 0;
    provider.answers.set('/token', () => {
      asked += 1;
      if (asked === 1) return { status: 400, body: { error: 'authorization_pending' } };
      return { body: { access_token: 'a-token', token_type: 'Bearer', expires_in: 60 } };
    });
    const { code, out, err } = await token();
    assert.deepEqual([code, out], [0, 'a-token\n']);
    assert.equal(err, `Open ${provider.issuer}/confirm in a browser and confirm the code ABCD-EFGH.\n`);
    for (const { body, headers } of [...provider.to('/device'), ...provider.to('/token')]) {
      assert.equal(body.get('resource'), AUDIENCE);
      assert.deepEqual([body.get('client_secret'), headers.authorization], [null, undefined]);
    }
  });

  test('S6: a code that lasts for ever, or hardly, is no fault of ours', async () => {
    for (const expires_in of [1e308, 0.0111]) {
      const device = await provider.answers.get('/device')?.({} as Received);
      assert.ok(typeof device === 'object');
      const body = { ...(device.body as object), expires_in };
      provider.answers.set('/device', () => ({ body }));
      provider.answers.set('/token', () => ({
        body: { access_token: 'a-token', token_type: 'Bearer', expires_in: 1e308 },
      }));
      const { code, out, err } = await token();
      if (expires_in > 1) assert.deepEqual([code, out], [0, 'a-token\n'], err);
      else assert.match(err, /gives no token|^Open/);
      assert.doesNotMatch(err, /RangeError|UNEXPECTED/);
    }
  });

  test('S8: clocks that differ are forgiven as far as the operator says', async () => {
    const nbf = Math.floor(Date.now() / 1000) + 100;
    provider.answers.set('/token', async () => ({
      body: {
        access_token: 'a-token',
        token_type: 'Bearer',
        id_token: await provider.sign({ sub: 'alice', aud: 'visiona', nbf }),
      },
    }));
    assert.match((await token()).err, /gives no token: [^\n]*nbf[^\n]*OIDC_CLOCK_TOLERANCE/);
    assert.equal((await token('--oidc-clock-tolerance', '300')).out, 'a-token\n');
  });

  test('who declines, or lets it end, gets one sentence and no token', async () => {
    for (const error of ['access_denied', 'expired_token']) {
      provider.answers.set('/token', () => ({ status: 400, body: { error } }));
      const { code, out, err } = await token();
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, new RegExp(`\nvisiona: ${provider.issuer} gives no token: [^\n]*${error}\n$`));
    }
  });

  test('a provider that offers no such grant, and one that is down', async () => {
    provider.metadata = {};
    assert.match((await token()).err, /^visiona: \S+ gives no token: it does not offer the device/);
    await provider.close();
    assert.match((await token()).err, /^visiona: \S+ gives no token: the OpenID provider cannot be reached/);
    await provider.listen();
  });

  test('O5: without a provider it says what to set', async () => {
    const { code, out, err } = await run(['token'], { VISIONA_DEV_OP_ADDR: '127.0.0.1:1' });
    assert.deepEqual([code, out], [1, '']);
    assert.match(
      err,
      /cannot be reached.*; start visiona up, or set OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_AUDIENCE/,
    );
    await provider.close();
    assert.doesNotMatch((await token()).err, /start visiona up/);
    await provider.listen();
  });

  describe('O5: --keep', () => {
    /** The first refresh token is of a person who confirms; later ones replace it. */
    function grant(): void {
      provider.refreshTokens.set('first', 'alice');
      provider.answers.set('/token', (received) => {
        if (received.body.get('grant_type') === 'refresh_token') return provider.standard(received);
        const body = { access_token: 'a-token', token_type: 'Bearer', refresh_token: 'first' };
        return { body };
      });
    }

    test('S9: consent is not asked for where the operator says so', async (t) => {
      grant();
      await token('--keep', join(scratch(t), 'grant'), '--oidc-consent', 'never');
      const { body } = provider.to('/device')[0] ?? {};
      assert.deepEqual([body?.get('scope'), body?.get('prompt')], ['openid offline_access', null]);
    });

    test('the first token is confirmed in a browser, the next ones are not; the file is private', async (t) => {
      grant();
      const file = join(scratch(t), 'below', 'grant');
      const first = await token('--keep', file);
      assert.deepEqual([first.code, first.out], [0, 'a-token\n']);
      assert.match(provider.to('/device')[0]?.body.get('scope') ?? '', /offline_access/);
      assert.equal(provider.to('/device')[0]?.body.get('prompt'), 'consent');
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.equal(readFileSync(file, 'utf8'), 'first\n');
      for (let i = 0; i < 3; i += 1) {
        const kept = readFileSync(file, 'utf8').trim();
        const { code, out, err } = await token('--keep', file);
        assert.deepEqual([code, out, err], [0, 'at-alice\n', '']);
        const { body } = provider.requests.findLast(({ path }) => path === '/token') ?? {};
        assert.deepEqual([body?.get('refresh_token'), body?.get('resource')], [kept, AUDIENCE]);
        assert.notEqual(readFileSync(file, 'utf8').trim(), kept, 'the one that replaced it is kept');
      }
      assert.equal(provider.to('/device').length, 1);
      assert.deepEqual(readdirSync(dirname(file)), ['grant'], 'nothing else is left');
    });

    test('who is ended while a person is waited for leaves nothing', async (t) => {
      provider.answers.set('/token', () => ({ status: 400, body: { error: 'authorization_pending' } }));
      const file = join(scratch(t), 'grant');
      const args = ['token', '--oidc-issuer', provider.issuer, '--keep', file];
      const waiting = new Program(args, { OIDC_CLIENT_ID: 'visiona', OIDC_AUDIENCE: AUDIENCE });
      t.after(() => waiting.kill());
      await waiting.said(/confirm the code/);
      waiting.signal('SIGTERM');
      assert.equal((await waiting.exited).signal, 'SIGTERM');
      assert.deepEqual(readdirSync(dirname(file)), []);
    });

    test('no person is asked for a token that cannot be kept', async (t) => {
      const inTheWay = join(scratch(t), 'a-file');
      writeFileSync(inTheWay, '');
      const { code, err } = await token('--keep', join(inTheWay, 'grant'));
      assert.equal(code, 1);
      assert.doesNotMatch(err, /confirm the code/);
      assert.equal(provider.to('/device').length, 0);
    });

    test('many at once use it one after the other: none is refused', async (t) => {
      grant();
      const file = join(scratch(t), 'grant');
      await token('--keep', file);
      const all = await Promise.all(Array.from({ length: 5 }, () => token('--keep', file)));
      for (const { code, out } of all) assert.deepEqual([code, out], [0, 'at-alice\n']);
    });

    test('one that is refused, exposed or not given is one sentence, and what is kept stays', async (t) => {
      grant();
      const file = join(scratch(t), 'grant');
      await token('--keep', file);
      provider.refreshTokens.clear();
      assert.match((await token('--keep', file)).err, /; the sign-in that \S+ keeps is over: remove it/);
      assert.equal(readFileSync(file, 'utf8'), 'first\n');
      await provider.close();
      assert.match((await token('--keep', file)).err, /cannot be reached/);
      assert.equal(readFileSync(file, 'utf8'), 'first\n');
      await provider.listen();
      chmodSync(file, 0o644);
      assert.match(
        (await token('--keep', file)).err,
        /can be reached by other users \(mode 0644\): remove it/,
      );

      provider.answers.set('/token', () => ({ body: { access_token: 'a-token', token_type: 'Bearer' } }));
      const other = join(scratch(t), 'grant');
      const { code, out, err } = await token('--keep', other);
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, /gives no refresh token: allow its client offline_access/);
      assert.deepEqual(readdirSync(dirname(other)), []);
    });
  });
});
