import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashToken } from '../../src/store/ids.js';
import { openStore } from '../../src/store/open-store.js';
import { openDatabase } from '../../src/store/sqlite.js';
import { newToken } from './pairing-contract.js';
import { withTempDir } from './temp-dir.js';

const BEGIN = 1_700_000_000_000;
const MINUTE = 60_000;
const DEVICE = { name: 'cam' };

/** A store with a clock of the test, and a user. */
function withStore(body: (at: Awaited<ReturnType<typeof open>>) => Promise<void>) {
  return withTempDir(async (dataDir) => {
    const at = await open(dataDir);
    await body(at);
    await at.store.close();
  });
}

async function open(dataDir: string) {
  const clock = { now: BEGIN };
  const store = await openStore({ dataDir, clock: () => clock.now });
  const alice = await store.ensureUser('https://id.example', 'alice');
  const pending = async () => {
    const db = await openDatabase(dataDir);
    const { count } = db.prepare('SELECT count(*) AS count FROM pending_devices').get() as { count: number };
    db.close();
    return count;
  };
  return { clock, store, alice, pending };
}

test('a token that expires between the mint and the mark completes nothing', () =>
  withStore(async ({ clock, store, alice }) => {
    const token = newToken({ expiresAt: BEGIN + 10 * MINUTE });
    const tokenId = await store.addPairingToken(alice, token);
    clock.now += 10 * MINUTE - 1;
    assert.equal((await store.findPairing(token.hash))?.tokenId, tokenId);
    const { credentialId, sessionToken } = await store.mintPending(alice, tokenId, DEVICE);
    clock.now += 1;
    assert.equal(await store.completePairing(alice, tokenId, credentialId), false);
    assert.equal(await store.connect(hashToken(sessionToken)), undefined);
    assert.equal((await store.listPairingTokens(alice, { limit: 1 })).items[0]?.state, 'expired');
  }));

test('what a pairing made goes when it is complete, or when it was left', () =>
  withStore(async ({ clock, store, alice, pending }) => {
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
  }));
