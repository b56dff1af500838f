import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open-store.js';
import { admit } from '../support/admit.js';
import { newToken } from './pairing-contract.js';
import { type TestPlace, testEach } from './places.js';

const BEGIN = 1_700_000_000_000;
const MINUTE = 60_000;
const DEVICE = { name: 'cam' };

/** A test with a clock of its own, and a user. */
function testStore(what: string, body: (at: Awaited<ReturnType<typeof open>>) => Promise<void>): void {
  testEach(what, async (place) => {
    const at = await open(place);
    await body(at);
    await at.store.close();
  });
}

async function open({ place, rows }: TestPlace) {
  const clock = { now: BEGIN };
  const store = await openStore({ ...place, clock: () => clock.now });
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
