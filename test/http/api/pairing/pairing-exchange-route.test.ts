import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { MAX_JSON_BODY } from '../../../../src/http/request-body.js';
import { admit } from '../../../support/admit.js';
import { ALICE, AS_ALICE, rawRequest, send, TestRest } from '../../kit.js';
import { comparable } from '../../strangers.js';

const DEVICE = { name: 'edge-7', model: 'Jetson Orin', serial: 'S1' };
const JSON_TYPE = { 'content-type': 'application/json' };

describe('POST /api/pairing/exchange', () => {
  let api: TestRest;
  beforeEach(async () => {
    api = await TestRest.start();
  });
  afterEach(() => api.close());

  /** As a device does: without credentials. */
  function post(body: unknown, path = '/api/pairing/exchange', headers: Record<string, string> = JSON_TYPE) {
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const length = { 'content-length': `${bytes.length}` };
    return rawRequest(api.port, `POST ${path}`, { ...headers, ...length }, bytes);
  }

  async function mint(sent: object = {}): Promise<{ tokenId: string; token: string; code: string }> {
    return JSON.parse((await send(api.port, 'POST /api/pairing/tokens', sent)).body);
  }

  test('trades a code for a session token that opens the tunnel, once', async () => {
    const { tokenId, code } = await mint({ name: 'Gate' });
    const { status, headers, body } = await post({ token: code.toLowerCase(), device: DEVICE });
    assert.equal(status, 200);
    assert.deepEqual(headers.get('cache-control'), ['no-store']);
    assert.equal(headers.get('set-cookie'), undefined);
    const { deviceId, sessionToken, ...rest } = JSON.parse(body);
    assert.deepEqual(rest, { tunnelUrl: 'wss://tunnel.test/' });
    assert.equal((await admit(api.store, sessionToken))?.deviceId, deviceId);
    assert.deepEqual(api.store.minted()[0]?.device, { ...DEVICE, name: 'Gate' });
    assert.equal(api.store.minted()[0]?.owner, ALICE);
    const { items } = JSON.parse((await send(api.port, 'GET /api/pairing/tokens')).body);
    assert.deepEqual([items[0].tokenId, items[0].state, items[0].deviceId], [tokenId, 'used', deviceId]);
    const again = await post({ token: code, device: DEVICE });
    assert.equal(JSON.parse(again.body).code, 'pairing-refused');
  });

  test('attack 40: whatever is no good token gets one and the same answer', async () => {
    const used = await mint();
    await post({ token: used.token, device: DEVICE });
    const revoked = await mint();
    await send(api.port, `DELETE /api/pairing/tokens/${revoked.tokenId}`);
    const expired = await mint({ ttlSeconds: 30 });
    api.store.now += 31_000;
    const { body: reference, ...first } = comparable(await post({ token: 'ABCDE-FGHJK', device: DEVICE }));
    assert.equal(first.status, 400);
    assert.match(reference, /"code":"pairing-refused"/);
    assert.doesNotMatch(reference, /detail|errors/);
    const bad: unknown[] = [
      '',
      ' ',
      'x',
      'x'.repeat(2000),
      null,
      [],
      [used.code],
      {},
      0,
      true,
      '\u0000',
      'ÄÖÜ',
    ];
    bad.push(used.token, used.code, revoked.token, revoked.code, expired.token, expired.code);
    for (const token of bad) {
      const { body, ...rest } = comparable(await post({ token, device: DEVICE }));
      assert.deepEqual({ body, ...rest }, { body: reference, ...first }, JSON.stringify(token));
    }
    const absent = comparable(await post({ device: DEVICE }));
    assert.deepEqual(absent, { body: reference, ...first });
    assert.equal(api.store.minted().length, 1);
  });

  test('attack 40: a token is taken from the body alone', async () => {
    const { token, code } = await mint();
    const queried = await post({ device: DEVICE }, `/api/pairing/exchange?token=${token}&code=${code}`);
    const headers = { ...JSON_TYPE, authorization: `Bearer ${token}`, cookie: `token=${code}` };
    const carried = await post({ device: DEVICE }, undefined, headers);
    for (const { status, body } of [queried, carried]) {
      assert.deepEqual([status, JSON.parse(body).code], [400, 'pairing-refused']);
    }
    assert.equal((await post({ token, device: DEVICE })).status, 200);
  });

  test('attack 36: only JSON is taken, and little of it', async () => {
    const { token } = await mint();
    const sent = { token, device: DEVICE };
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
    ]) {
      assert.equal(
        (await post(sent, undefined, type === '' ? {} : { 'content-type': type })).status,
        415,
        type,
      );
    }
    assert.equal((await post('{"token":')).status, 400);
    assert.equal((await post(' '.repeat(MAX_JSON_BODY + 1))).status, 413);
    assert.equal((await post(sent)).status, 200);
  });

  test('a device that is not described is told what is missing, and its token is still good', async () => {
    const { token } = await mint();
    for (const device of [
      undefined,
      null,
      {},
      { name: 'a' },
      { ...DEVICE, name: '' },
      { ...DEVICE, name: '\u200b' },
      { ...DEVICE, model: 'a\nb' },
      { ...DEVICE, serial: 'x'.repeat(129) },
      { ...DEVICE, owner: 'bob' },
    ]) {
      const { status, body } = await post({ token, device });
      assert.deepEqual([status, JSON.parse(body).code], [400, 'validation'], JSON.stringify(device));
    }
    assert.equal((await post({ token, device: DEVICE, userId: 'bob' })).status, 400);
    assert.equal((await post({ token, device: { name: 'a', model: 'b' } })).status, 200);
  });

  test('attack 41: 100 at once are one success', async () => {
    const { token, code } = await mint();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => post({ token: i % 2 ? token : code, device: DEVICE })),
    );
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.ok(answers.every(({ status }) => status === 200 || status === 400 || status === 429));
    assert.equal(api.store.minted().filter(({ state }) => state === 'valid').length, 1);
  });

  test('attack 42: a store that fails is 503, and nothing of the session token is in the answer', async () => {
    const { token } = await mint();
    for (const fault of ['fails', 'lost'] as const) {
      api.store.faults.set('completePairing', fault);
      const { status, body } = await post({ token, device: DEVICE });
      assert.deepEqual([status, JSON.parse(body).code], [503, 'store-unavailable']);
      assert.doesNotMatch(body, /sessionToken|deviceId/);
      // What was still pending is gone; what was made valid is revoked.
      const left = api.store.minted().map(({ state }) => state);
      assert.deepEqual(left, fault === 'fails' ? [] : ['revoked']);
      assert.equal(api.store.callsButAttempts.at(-1), 'revokeCredential');
    }
  });

  test('attack 44: who guesses is told when to come back, whoever it says that it comes from', async () => {
    for (let i = 0; i < 30; i += 1) {
      const spoofed = { ...JSON_TYPE, 'x-forwarded-for': `192.0.2.${i}`, forwarded: `for=192.0.2.${i}` };
      assert.equal((await post({ token: `guess${i}`, device: DEVICE }, undefined, spoofed)).status, 400);
    }
    const { token } = await mint();
    const { status, headers, body } = await post({ token, device: DEVICE });
    assert.deepEqual([status, JSON.parse(body).code], [429, 'rate-limited']);
    const [seconds = '', ...more] = headers.get('retry-after') ?? [];
    assert.ok(Number(seconds) >= 1 && Number(seconds) <= 60 && more.length === 0);
  });

  test('attack 46: a pairing token is no credential anywhere else', async () => {
    const { token, code } = await mint();
    for (const secret of [token, code]) {
      for (const path of [
        'GET /api/auth/me',
        'GET /api/devices',
        'GET /api/pairing/tokens',
        'GET /api/sessions',
      ]) {
        for (const fields of [
          { authorization: `Bearer ${secret}` },
          { cookie: `__Host-visiona_session=${secret}` },
        ]) {
          assert.equal((await rawRequest(api.port, path, fields)).status, 401);
        }
      }
    }
  });

  test('attack 46: a device’s session token is no pairing token, and mints none', async () => {
    const { token } = await mint();
    const { sessionToken } = JSON.parse((await post({ token, device: DEVICE })).body);
    assert.equal((await post({ token: sessionToken, device: DEVICE })).status, 400);
    const headers = { ...JSON_TYPE, authorization: `Bearer ${sessionToken}` };
    for (const path of ['/api/pairing/tokens', '/api/devices/cam-1/credentials/rotate']) {
      assert.equal((await post({}, path, headers)).status, 401);
    }
    assert.equal((await rawRequest(api.port, 'GET /api/auth/me', headers)).status, 401);
  });

  test('attack 53: a grant that is not there is refused', async () => {
    const { token } = await mint();
    for (const grant of ['client_credentials', 'authorization_code']) {
      assert.equal((await post({ token, device: DEVICE, grant })).status, 400);
      assert.equal((await post({ grant_type: grant, client_id: 'x', client_secret: 'y' })).status, 400);
    }
    assert.equal(api.store.minted().length, 0);
  });

  test('attack 45: a pairing token is minted by who is signed in, and not by a page elsewhere', async () => {
    const cookie = { ...JSON_TYPE, cookie: `user=${ALICE}` };
    const ask = (headers: Record<string, string>) => post({}, '/api/pairing/tokens', headers);
    assert.equal((await ask(JSON_TYPE)).status, 401);
    assert.equal((await ask(cookie)).status, 403);
    const foreign = { ...cookie, 'x-visiona-csrf': '1', origin: 'https://evil.test' };
    assert.equal((await ask(foreign)).status, 403);
    assert.equal((await ask({ ...cookie, 'x-visiona-csrf': '1' })).status, 201);
    assert.equal((await ask({ ...JSON_TYPE, ...AS_ALICE })).status, 201);
  });
});
