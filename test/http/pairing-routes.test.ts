import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { CODE_ALPHABET, newPairingCode, newPairingToken } from '../../src/auth/pairing-token.js';
import { hashToken } from '../../src/store/ids.js';
import { AS_ALICE, rawRequest, send, TestRest } from './kit.js';

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
    const kept = api.store.pairing.get(body.tokenId);
    assert.equal(kept?.hash, hashToken(body.token));
    assert.equal(new Date(kept?.expiresAt ?? 0).toISOString(), body.expiresAt);
    assert.ok(!JSON.stringify([...api.store.pairing]).includes(body.token));
    const list = await ask('GET /api/pairing/tokens');
    assert.deepEqual(list.body.items, [
      {
        tokenId: body.tokenId,
        name: 'Gate',
        state: 'pending',
        createdAt: '1970-01-01T00:00:00.000Z',
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

  test('a code is what a person can type', async () => {
    const { body } = await ask('POST /api/pairing/tokens', { form: 'code' });
    assert.match(body.token, new RegExp(`^[${CODE_ALPHABET}]{10}$`));
    assert.equal(api.store.pairing.get(body.tokenId)?.hash, hashToken(body.token));
  });

  test('attack 45: a new one voids the older one that was not used', async () => {
    const first = (await ask('POST /api/pairing/tokens', {})).body;
    await ask('POST /api/pairing/tokens', {});
    const { items } = (await ask('GET /api/pairing/tokens')).body;
    const states = items.map(({ state }: { state: string }) => state);
    assert.deepEqual(states, ['revoked', 'pending']);
    assert.equal((await ask(`DELETE /api/pairing/tokens/${first.tokenId}`)).status, 404);
  });

  test('revoking works once', async () => {
    const { tokenId } = (await ask('POST /api/pairing/tokens', {})).body;
    assert.equal((await ask(`DELETE /api/pairing/tokens/${tokenId}`)).status, 204);
    assert.equal((await ask(`DELETE /api/pairing/tokens/${tokenId}`)).body.code, 'not-found');
  });

  test('the body must be there and be known', async () => {
    for (const sent of [[], null, 'x', { name: '' }, { userId: 'bob' }, { form: 'qr' }]) {
      assert.equal(
        (await ask('POST /api/pairing/tokens', sent)).body.code,
        'validation',
        JSON.stringify(sent),
      );
    }
    assert.equal((await rawRequest(api.port, 'POST /api/pairing/tokens', AS_ALICE)).status, 415);
    assert.equal(api.store.pairing.size, 0);
  });
});

test('codes use each letter alike, and tokens never repeat', () => {
  assert.equal(new Set(CODE_ALPHABET).size, 30);
  assert.doesNotMatch(CODE_ALPHABET, /[0O1ILU]/);
  const counts = new Map<string, number>();
  for (let i = 0; i < 3000; i++)
    for (const sign of newPairingCode()) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  assert.equal(counts.size, 30);
  // 1000 of each are expected; this is 9 standard deviations away.
  for (const count of counts.values()) assert.ok(count > 700 && count < 1300);
  assert.equal(new Set(Array.from({ length: 1000 }, newPairingToken)).size, 1000);
});
