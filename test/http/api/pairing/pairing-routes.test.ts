import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { hashPresented } from '../../../../src/devices/pairing-code.js';
import { AS_ALICE, rawRequest, send, TestRest } from '../../kit.js';

describe('pairing tokens', () => {
  let api: TestRest;
  beforeEach(async () => {
    api = await TestRest.start();
  });
  afterEach(() => api.close());

  async function ask(line: string, sent?: unknown) {
    const { status, body, headers } = await send(api.port, line, sent);
    return { status, headers, body: body === '' ? undefined : JSON.parse(body) };
  }

  test('a token is shown once, and kept as its hash', async () => {
    const { status, body, headers } = await ask('POST /api/pairing/tokens', { name: 'Gate', ttlSeconds: 60 });
    assert.equal(status, 201);
    assert.deepEqual(headers.get('cache-control'), ['no-store']);
    assert.match(body.token, /^[\w-]{43}$/);
    assert.match(body.code, /^[2-9A-HJKMNP-TV-Z]{5}-[2-9A-HJKMNP-TV-Z]{5}$/);
    const [kept] = api.store.rows<{ id: string; token_hash: string; expires_at: number }>('pairing_tokens');
    assert.equal(kept?.id, body.tokenId);
    for (const form of [body.token, body.code]) {
      assert.equal(kept?.token_hash, hashPresented(form));
      assert.ok(!JSON.stringify(api.store.rows('pairing_tokens')).includes(form));
    }
    assert.equal(new Date(kept?.expires_at ?? 0).toISOString(), body.expiresAt);
    const list = await ask('GET /api/pairing/tokens');
    assert.deepEqual(list.body.items, [
      {
        tokenId: body.tokenId,
        name: 'Gate',
        state: 'pending',
        uses: 1,
        used: 0,
        createdAt: new Date(api.store.now).toISOString(),
        expiresAt: body.expiresAt,
      },
    ]);
  });

  test('it lives ten minutes unless another time is asked for', async () => {
    const before = Date.now();
    const lives = async (sent: object) =>
      Date.parse((await ask('POST /api/pairing/tokens', sent)).body.expiresAt) - before;
    const within = (ms: number, seconds: number) => ms >= seconds * 1000 && ms < (seconds + 25) * 1000;
    assert.ok(within(await lives({}), 600));
    assert.ok(within(await lives({ ttlSeconds: 30 }), 30));
    for (const ttlSeconds of [29, 3601, 0, -1, 1.5, '60', null]) {
      assert.equal((await ask('POST /api/pairing/tokens', { ttlSeconds })).body.code, 'validation');
    }
  });

  test('attack 45, B7: a user has twenty that may be used at most, and revokes which they like', async () => {
    for (let i = 0; i < 20; i += 1) {
      assert.equal((await ask('POST /api/pairing/tokens', { name: `Gate ${i}` })).status, 201);
    }
    const { status, body } = await ask('POST /api/pairing/tokens');
    assert.deepEqual([status, body.code], [409, 'limit-reached']);
    assert.match(body.detail, /pairing codes/);
    const { items } = (await ask('GET /api/pairing/tokens')).body;
    assert.ok(items.every(({ state }: { state: string }) => state === 'pending'));
    assert.equal((await ask(`DELETE /api/pairing/tokens/${items[7].tokenId}`)).status, 204);
    assert.equal((await ask('POST /api/pairing/tokens')).status, 201);
  });

  test('B7: one may be for several devices', async () => {
    const { status, body } = await ask('POST /api/pairing/tokens', { uses: 100 });
    assert.deepEqual([status, body.uses], [201, 100]);
    for (const uses of [0, -1, 101, 1.5, '2', null]) {
      assert.equal((await ask('POST /api/pairing/tokens', { uses })).body.code, 'validation');
    }
  });

  test('revoking works once', async () => {
    const { tokenId } = (await ask('POST /api/pairing/tokens', {})).body;
    assert.equal((await ask(`DELETE /api/pairing/tokens/${tokenId}`)).status, 204);
    assert.equal((await ask(`DELETE /api/pairing/tokens/${tokenId}`)).body.code, 'not-found');
  });

  test('B8: the body may be left out, and must be known', async () => {
    for (const sent of [[], null, 'x', { name: '' }, { userId: 'bob' }]) {
      assert.equal(
        (await ask('POST /api/pairing/tokens', sent)).body.code,
        'validation',
        JSON.stringify(sent),
      );
    }
    assert.equal(api.store.count('pairing_tokens'), 0);
    assert.equal((await rawRequest(api.port, 'POST /api/pairing/tokens', AS_ALICE)).status, 201);
  });
});
