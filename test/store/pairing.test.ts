import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open-store.js';
import { admit } from '../support/admit.js';
import { type TestLocation, testEach } from './locations.js';
import { newToken } from './pairing-contract.js';

const BEGIN = 1_700_000_000_000;
const MINUTE = 60_000;
const DEVICE = { name: 'cam' };

/** A test with a clock of its own, and a user. */
function testStore(what: string, body: (at: Awaited<ReturnType<typeof open>>) => Promise<void>): void {
  testEach(what, async (location) => {
    const at = await open(location);
    await body(at);
    await at.store.close();
  });
}

async function open({ location, rows }: TestLocation) {
  const clock = { now: BEGIN };
  const store = await openStore({ ...location, clock: () => clock.now });
  const alice = await store.ensureUser('https://id.example', 'alice');
  return { clock, store, alice, pending: () => rows('pending_devices') };
}

testStore(
  'a token that expires between the mint and the mark completes nothing',
  async ({ clock, store, alice }) => {
    const token = newToken({ expiresAt: BEGIN + 10 * MINUTE });
    const tokenId = await store.addPairingToken(alice, token);
    clock.now += 10 * MINUTE - 1;
    assert.equal((await store.findPairing(token.hash))?.tokenId, tokenId);
    const { credentialId, sessionToken } = await store.mintPending(alice, tokenId, DEVICE);
    clock.now += 1;
    assert.equal(await store.completePairing(alice, tokenId, credentialId), false);
    assert.equal(await admit(store, sessionToken), undefined);
    assert.equal((await store.listPairingTokens(alice, { limit: 1 })).items[0]?.state, 'expired');
  },
);

testEach('B2: a user pairs no more devices than a user may have, also at one time', async ({ location }) => {
  const store = await openStore({ ...location, devicesOfUser: 3 });
  const [alice, bob] = await Promise.all(
    ['alice', 'bob'].map((name) => store.ensureUser('https://id.example', name)),
  );
  assert.ok(alice !== undefined && bob !== undefined);
  const expiresAt = Date.now() + 10 * MINUTE;
  const token = newToken({ expiresAt, uses: 9 });
  const tokenId = await store.addPairingToken(alice, token);
  const pair = async () => {
    const { credentialId } = await store.mintPending(alice, tokenId, DEVICE);
    return store.completePairing(alice, tokenId, credentialId);
  };
  const done = await Promise.allSettled(Array.from({ length: 6 }, pair));
  const codes = done.map((result) => (result.status === 'fulfilled' ? 'paired' : result.reason.code));
  assert.equal(codes.filter((code) => code === 'paired').length, 3);
  assert.equal(codes.filter((code) => code === 'ERR_STORE_LIMIT').length, 3);
  await assert.rejects(store.addPairingToken(alice, newToken({ expiresAt })), { code: 'ERR_STORE_LIMIT' });
  await store.addPairingToken(bob, newToken({ expiresAt }));
  // What was not done used up nothing.
  const { items } = await store.listDevices(alice, { limit: 10 });
  assert.equal(items.length, 3);
  assert.ok(items[0] !== undefined);
  await store.revokeDevice(alice, items[0].deviceId);
  assert.equal(await pair(), true);
  await assert.rejects(pair(), { code: 'ERR_STORE_LIMIT' });
  // The operator is not a user.
  assert.equal((await store.provision(alice, ['one', 'two'])).length, 2);
  await store.close();
});

testStore(
  'what a pairing made goes when it is complete, or when it was left',
  async ({ clock, store, alice, pending }) => {
    const first = await store.addPairingToken(alice, newToken({ expiresAt: BEGIN + 10 * MINUTE }));
    const minted = await store.mintPending(alice, first, DEVICE);
    for (let i = 0; i < 3; i += 1) await store.mintPending(alice, first, DEVICE);
    assert.equal(await store.completePairing(alice, first, minted.credentialId), true);
    assert.equal(await pending(), 0);

    const left = await store.addPairingToken(alice, newToken({ expiresAt: BEGIN + 10 * MINUTE }));
    for (let i = 0; i < 30; i += 1) await store.mintPending(alice, left, DEVICE);
    clock.now += 10 * MINUTE;
    const next = await store.addPairingToken(alice, newToken({ expiresAt: BEGIN + 20 * MINUTE }));
    for (let i = 0; i < 2; i += 1) await store.mintPending(alice, next, DEVICE);
    assert.equal(await pending(), 2);
  },
);
