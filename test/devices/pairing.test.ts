import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { PAIRING_TTL, type Pairing, type PairingOutcome } from '../../src/devices/pairing.js';
import { StoreError, StoreUnavailableError } from '../../src/store/ports/errors.js';
import { hashToken, type UserId } from '../../src/store/ports/ids.js';
import { logCapture } from '../agent/log-capture.js';
import { admit } from '../support/admit.js';
import { pairingOver } from '../support/pairing-over.js';
import { TestStore } from '../support/test-store.js';

const ALICE = 'user-alice' as UserId;
const BOB = 'user-bob' as UserId;
const DEVICE = { name: 'edge-7', model: 'Jetson', serial: 'S1' };
const UNLIMITED = { points: 1_000_000, windowSeconds: 60 };

let store: TestStore;
let capture: ReturnType<typeof logCapture>;
let pairing: Pairing;

beforeEach(async () => {
  store = await TestStore.open();
  for (const user of [ALICE, BOB]) store.addUser(user);
  capture = logCapture();
  pairing = pairingOver(store, capture.log);
});
afterEach(() => store.close());

let from = 0;
/** Each from an address of its own, unless the test says otherwise. */
function exchange(token: unknown, remoteAddr = `192.0.2.${from++}`): Promise<PairingOutcome> {
  return pairing.exchange({ token, device: DEVICE, remoteAddr });
}

/** Session tokens that open a tunnel. */
const live = () => store.minted().filter(({ state }) => state === 'valid').length;

/** Of the oldest token. */
const tokenState = async () => (await store.listPairingTokens(ALICE, { limit: 1 })).items[0]?.state;

describe('a pairing token', () => {
  test('is 256 bits and a code, good for ten minutes, and neither is stored', async () => {
    const { tokenId, token, code, expiresAt } = await pairing.mint(ALICE, { name: 'gate' });
    assert.equal(Buffer.from(token, 'base64url').length, 32);
    assert.match(code, /^[2-9A-HJKMNP-TV-Z]{5}-[2-9A-HJKMNP-TV-Z]{5}$/);
    assert.ok(Math.abs(expiresAt - Date.now() - 600_000) < 5_000);
    const rows = store.rows<{ id: string }>('pairing_tokens');
    assert.equal(rows[0]?.id, tokenId);
    const kept = JSON.stringify(rows);
    for (const secret of [token, code, code.replace('-', '')]) assert.ok(!kept.includes(secret));
    assert.doesNotMatch(kept, new RegExp(hashToken(token)));
  });

  test('is good for no shorter and no longer than is allowed', async () => {
    const { min, max } = PAIRING_TTL;
    for (const ttlSeconds of [0, -1, min - 1, max + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(pairing.mint(ALICE, { ttlSeconds }), RangeError);
    }
    assert.equal(store.count('pairing_tokens'), 0);
    const { expiresAt } = await pairing.mint(ALICE, { ttlSeconds: max });
    assert.ok(expiresAt > Date.now() + (max - 5) * 1000);
  });

  test('B7: a new one leaves the older unused one as it is', async () => {
    const older = await pairing.mint(ALICE);
    const newer = await pairing.mint(ALICE);
    assert.equal((await exchange(older.code)).kind, 'paired');
    assert.equal((await exchange(newer.code)).kind, 'paired');
  });

  test('B7: for several devices is good for so many, which are told apart by a number', async () => {
    const { code, uses } = await pairing.mint(ALICE, { name: 'gate', uses: 3 });
    assert.equal(uses, 3);
    for (let i = 0; i < 3; i += 1) assert.equal((await exchange(code)).kind, 'paired');
    assert.deepEqual(await exchange(code), { kind: 'refused' });
    const names = store.minted().map(({ device }) => device.name);
    assert.deepEqual(names, ['gate 1', 'gate 2', 'gate 3']);
  });

  test('B7: is for one to a hundred devices', async () => {
    for (const uses of [0, -1, 101, Number.NaN])
      await assert.rejects(pairing.mint(ALICE, { uses }), RangeError);
    assert.equal(store.count('pairing_tokens'), 0);
  });

  test('B7: for a hundred devices pairs them all at once, from an address each', async () => {
    const { code } = await pairing.mint(ALICE, { uses: 100 });
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => exchange(code)));
    assert.equal(outcomes.filter(({ kind }) => kind === 'paired').length, 100);
    assert.equal(live(), 100);
  });
});

describe('the exchange', () => {
  for (const form of ['token', 'code'] as const) {
    test(`by ${form} answers a session token that works, once`, async () => {
      const minted = await pairing.mint(ALICE, { name: 'gate' });
      const paired = await exchange(minted[form]);
      assert.ok(paired.kind === 'paired');
      assert.equal((await admit(store, paired.sessionToken))?.deviceId, paired.deviceId);
      assert.deepEqual(store.minted()[0]?.device, { ...DEVICE, name: 'gate' });
      assert.equal(store.minted()[0]?.owner, ALICE);
      for (const again of [minted.token, minted.code]) {
        assert.deepEqual(await exchange(again), { kind: 'refused' });
      }
      assert.equal(live(), 1);
    });
  }

  test('without a name from the owner takes the name that the device says', async () => {
    await exchange((await pairing.mint(ALICE)).code);
    assert.deepEqual(store.minted()[0]?.device, DEVICE);
  });

  test('attack 40: unknown, used, expired, revoked and malformed are refused alike, by the same steps', async () => {
    const used = await pairing.mint(ALICE);
    await exchange(used.code);
    const expired = await pairing.mint(ALICE, { ttlSeconds: 30 });
    store.now += 31_000;
    const revoked = await pairing.mint(BOB);
    await store.revokePairingToken(BOB, revoked.tokenId);
    const unknown = [
      'ABCDE-FGHJK',
      'x'.repeat(43),
      '',
      ' ',
      '0',
      null,
      undefined,
      7,
      [],
      [used.code],
      {},
      true,
    ];
    const all: unknown[] = [used, expired, revoked].flatMap(({ token, code }): unknown[] => [token, code]);
    for (const token of [...all, ...unknown]) {
      store.calls.length = 0;
      assert.deepEqual(await exchange(token), { kind: 'refused' });
      assert.deepEqual(store.callsButAttempts, ['findPairing']);
    }
    assert.equal(live(), 1);
  });

  test('attack 45: a user who is gone between the issue and the exchange', async () => {
    const { code } = await pairing.mint(ALICE);
    store.faults.set('mintPending', new StoreError('ERR_STORE_CONFLICT', 'the user is missing'));
    assert.deepEqual(await exchange(code), { kind: 'refused' });
  });

  test('attack 41: 100 at once are one success, and nothing else that works', async () => {
    pairing = pairingOver(store, capture.log, UNLIMITED);
    const { code, token } = await pairing.mint(ALICE);
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, i) => exchange(i % 2 ? code : token)));
    const paired = outcomes.filter(({ kind }) => kind === 'paired');
    assert.equal(paired.length, 1);
    assert.equal(outcomes.filter(({ kind }) => kind === 'refused').length, 99);
    assert.ok(store.callsButAttempts.filter((name) => name === 'mintPending').length > 1, 'nobody raced');
    assert.deepEqual(
      store.minted().map(({ state }) => state),
      ['valid'],
    );
    assert.equal(live(), 1);
  });
});

describe('a fault', () => {
  /** What must hold whatever goes wrong. */
  async function fails(
    step: 'findPairing' | 'mintPending' | 'completePairing',
    fault: 'fails' | 'lost' | 'hangs',
  ): Promise<void> {
    const { code } = await pairing.mint(ALICE);
    store.faults.set(step, fault);
    const exchanged = exchange(code);
    if (fault === 'hangs') {
      while (store.hanging.length === 0) await new Promise(setImmediate);
      store.hanging[0]?.(new StoreUnavailableError('no answer in time'));
    }
    await assert.rejects(exchanged, { code: 'ERR_STORE_UNAVAILABLE' });
  }

  for (const fault of ['fails', 'lost', 'hangs'] as const) {
    test(`attack 42: findPairing ${fault}: nothing was made, and the token is still good`, async () => {
      await fails('findPairing', fault);
      assert.deepEqual(store.minted(), []);
      store.faults.clear();
      assert.equal(await tokenState(), 'pending');
    });

    test(`attack 42: mintPending ${fault}: what was made is pending, and the token is still good`, async () => {
      await fails('mintPending', fault);
      assert.equal(live(), 0);
      assert.equal(await tokenState(), 'pending');
    });

    test(`attack 42: completePairing ${fault}: the session token is revoked and nobody has it`, async () => {
      await fails('completePairing', fault);
      // What was still pending is gone; what was made valid is revoked.
      const left = store.minted().map(({ state }) => state);
      assert.deepEqual(left, fault === 'fails' ? [] : ['revoked']);
      assert.equal(store.callsButAttempts.at(-1), 'revokeCredential');
      assert.equal(capture.lines.filter(({ alert }) => alert).length, 0);
    });
  }

  test('attack 42: an error that nobody expected in completePairing is treated alike', async () => {
    const { code } = await pairing.mint(ALICE);
    store.faults.set('completePairing', new TypeError('a bug'));
    await assert.rejects(exchange(code), { name: 'TypeError' });
    assert.deepEqual(store.minted(), []);
  });

  test('attack 42: completePairing changes no row: refused, and the session token is revoked', async () => {
    const { code, tokenId } = await pairing.mint(ALICE);
    store.before.set('completePairing', () => {
      assert.equal(store.minted()[0]?.state, 'pending');
      return store.revokePairingToken(ALICE, tokenId);
    });
    assert.deepEqual(await exchange(code), { kind: 'refused' });
    assert.deepEqual(store.minted(), []);
  });

  test('attack 42: the revoke fails too: no token, an alert without secrets, and what was pending never worked', async () => {
    const { code } = await pairing.mint(ALICE);
    store.faults.set('completePairing', 'fails').set('revokeCredential', 'fails');
    await assert.rejects(exchange(code), { code: 'ERR_STORE_UNAVAILABLE', message: /it fails/ });
    assert.equal(store.minted()[0]?.state, 'pending');
    assert.equal(live(), 0);
    const [line] = capture.lines.filter(({ alert }) => alert);
    assert.equal(line?.level, 50);
    assert.equal(line?.deviceId, store.minted()[0]?.deviceId);
    assert.ok(!JSON.stringify(capture.lines).includes(code));
  });

  test('no secret is in the log of a success either', async () => {
    const { code, token } = await pairing.mint(ALICE);
    const paired = await exchange(code);
    assert.ok(paired.kind === 'paired');
    const text = JSON.stringify(capture.lines);
    for (const secret of [code, code.replace('-', ''), token, paired.sessionToken]) {
      assert.ok(!text.includes(secret));
    }
  });
});

describe('attack 44: guessing', () => {
  test('an address that fails often is told to wait, whatever it brings, and others are not', async () => {
    for (let i = 0; i < 30; i += 1) {
      assert.equal((await exchange(`guess ${i}`, '198.51.100.1')).kind, 'refused');
    }
    const { code } = await pairing.mint(ALICE);
    store.calls.length = 0;
    const limited = await exchange(code, '198.51.100.1');
    assert.ok(limited.kind === 'rate-limited');
    assert.ok(limited.retryAfterSeconds >= 1 && limited.retryAfterSeconds <= 60);
    assert.deepEqual(store.calls, []);
    assert.equal((await exchange(code, '198.51.100.2')).kind, 'paired');
  });

  test('what a limited address goes on to try uses up nothing of a code', async () => {
    for (let i = 0; i < 30; i += 1) await exchange(`guess ${i}`, '198.51.100.1');
    const { code } = await pairing.mint(ALICE);
    for (let i = 0; i < 20; i += 1) await exchange(code, '198.51.100.1');
    assert.equal((await exchange(code, '198.51.100.2')).kind, 'paired');
  });

  test('guesses at one time are limited as those one after the other', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) => exchange(`guess ${i}`, '198.51.100.1')),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === 'refused').length, 30);
  });

  test('a fleet behind one address pairs as fast as it likes', async () => {
    for (let i = 0; i < 100; i += 1) {
      const user = `user-${i}` as UserId;
      store.addUser(user);
      const { code } = await pairing.mint(user);
      assert.equal((await exchange(code, '198.51.100.1')).kind, 'paired');
    }
  });

  test('a store that is down counts against nobody', async () => {
    store.faults.set('findPairing', 'fails');
    for (let i = 0; i < 40; i += 1) await assert.rejects(exchange(`code ${i}`, '198.51.100.1'));
    store.faults.clear();
    const { code } = await pairing.mint(ALICE);
    assert.equal((await exchange(code, '198.51.100.1')).kind, 'paired');
  });

  test('a code is tried a few times, from anywhere and in whichever form', async () => {
    const { code, token } = await pairing.mint(ALICE);
    store.faults.set('completePairing', 'fails');
    for (let i = 0; i < 110; i += 1) await assert.rejects(exchange(i % 2 ? code : token));
    const limited = await exchange(code);
    assert.ok(limited.kind === 'rate-limited' && limited.retryAfterSeconds <= 600);
    assert.equal((await exchange(token)).kind, 'rate-limited');
    assert.equal(store.callsButAttempts.filter((name) => name === 'mintPending').length, 110);
  });

  test('one that is not there is limited alike', async () => {
    for (let i = 0; i < 110; i += 1) assert.equal((await exchange('ABCDE-FGHJK')).kind, 'refused');
    assert.equal((await exchange('abcdefghjk')).kind, 'rate-limited');
  });
});
