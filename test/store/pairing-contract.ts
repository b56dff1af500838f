// This suite says what every store must do about pairing tokens.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Change } from '../../src/store/ports/changes.js';
import {
  type CredentialId,
  hashToken,
  type PairingTokenId,
  type TokenHash,
  type UserId,
} from '../../src/store/ports/ids.js';
import type { NewPairingToken } from '../../src/store/ports/pairing.js';
import type { Store } from '../../src/store/ports/store.js';
import { admit } from '../support/admit.js';
import type { Subject } from './contract.js';
import { withTwoUsers } from './with-two-users.js';

const DEVICE = { name: 'cam', model: 'Jetson', serial: 'S1' };

let made = 0;
/** A pairing token of a code that was never there before. */
export function newToken(over: Partial<NewPairingToken> = {}): NewPairingToken {
  return { hash: hashToken(`code ${made++}`), expiresAt: Date.now() + 600_000, ...over };
}

/** What every implementation of PairingPort must do. `open` gives a store with empty data and a wall clock. */
export function pairingContract(name: string, open: () => Promise<Subject>): void {
  const check = withTwoUsers(open);
  const states = async (store: Store, owner: UserId) =>
    (await store.listPairingTokens(owner, { limit: 100 })).items.map(({ state }) => state);

  describe(`${name}: pairing tokens`, () => {
    check('a token is found by its hash, and listed without it', async (store, alice) => {
      const token = newToken({ name: 'Gate' });
      const tokenId = await store.addPairingToken(alice, token);
      assert.deepEqual(await store.findPairing(token.hash), { tokenId, owner: alice });
      assert.equal(await store.findPairing(hashToken('another')), undefined);
      const { items } = await store.listPairingTokens(alice, { limit: 10 });
      const createdAt = items[0]?.createdAt ?? 0;
      assert.ok(Math.abs(Date.now() - createdAt) < 60_000);
      assert.deepEqual(items, [
        { tokenId, name: 'Gate', createdAt, expiresAt: token.expiresAt, state: 'pending', uses: 1, used: 0 },
      ]);
    });

    check(
      'attack 45, B7: a user has twenty that may be used at most, asked for at once or one by one, and others have theirs',
      async (store, alice, bob) => {
        const added = await Promise.allSettled(
          Array.from({ length: 25 }, () => store.addPairingToken(alice, newToken())),
        );
        const failed = added.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
        assert.deepEqual(
          failed,
          Array.from({ length: 5 }, () => 'ERR_STORE_LIMIT'),
        );
        await store.addPairingToken(bob, newToken());
        const [first] = (await store.listPairingTokens(alice, { limit: 1 })).items;
        assert.ok(first !== undefined);
        assert.equal(await store.revokePairingToken(alice, first.tokenId), true);
        await store.addPairingToken(alice, newToken());
        await assert.rejects(store.addPairingToken(alice, newToken()), { code: 'ERR_STORE_LIMIT' });
      },
    );

    check('one that is over is not found', async (store, alice) => {
      const token = newToken({ expiresAt: Date.now() - 1 });
      const tokenId = await store.addPairingToken(alice, token);
      assert.equal(await store.findPairing(token.hash), undefined);
      assert.deepEqual(await states(store, alice), ['expired']);
      assert.equal(await store.revokePairingToken(alice, tokenId), false);
    });

    check('revoking works once, and only for the owner', async (store, alice, bob) => {
      const token = newToken();
      const tokenId = await store.addPairingToken(alice, token);
      assert.equal(await store.revokePairingToken(bob, tokenId), false);
      assert.equal(await store.revokePairingToken(alice, tokenId), true);
      assert.equal(await store.revokePairingToken(alice, tokenId), false);
      assert.equal(await store.revokePairingToken(alice, 'nothing' as PairingTokenId), false);
      assert.equal(await store.findPairing(token.hash), undefined);
    });

    check('the newest 100 of a user are kept, and walked page by page', async (store, alice, bob) => {
      await store.addPairingToken(bob, newToken());
      const kept = await store.addPairingToken(alice, newToken({ name: 'kept' }));
      const expiresAt = Date.now() - 1;
      for (let i = 0; i < 103; i += 1) {
        await store.addPairingToken(alice, newToken({ name: `t${i}`, expiresAt }));
      }
      // One that may be used is not forgotten, however old it is.
      assert.equal(await store.revokePairingToken(alice, kept), true);
      await store.addPairingToken(alice, newToken({ name: 't103', expiresAt }));
      const names: (string | undefined)[] = [];
      for (let after: PairingTokenId | undefined; ; ) {
        const page = await store.listPairingTokens(alice, { limit: 30, ...(after && { after }) });
        names.push(...page.items.map((item) => item.name));
        if (page.next === undefined) break;
        after = page.next;
      }
      assert.deepEqual(
        names,
        Array.from({ length: 100 }, (_, i) => `t${i + 4}`),
      );
      assert.deepEqual(await states(store, bob), ['pending']);
    });

    for (const name of ['', ' ', '\u200b', 'a\nb', 'x'.repeat(129)]) {
      check(`${JSON.stringify(name).slice(0, 12)} is no name`, async (store, alice) => {
        await assert.rejects(store.addPairingToken(alice, newToken({ name })), { code: 'ERR_STORE_INPUT' });
      });
    }

    check('there is no token without its user', async (store) => {
      await assert.rejects(store.addPairingToken('nobody' as UserId, newToken()), {
        code: 'ERR_STORE_CONFLICT',
      });
    });
  });

  describe(`${name}: pairing`, () => {
    /** A pairing that is under way. */
    async function begin(store: Store, owner: UserId, token: NewPairingToken = newToken()) {
      const tokenId = await store.addPairingToken(owner, token);
      return { tokenId, ...(await store.mintPending(owner, tokenId, DEVICE)) };
    }

    check('what is pending is seen by nobody and good for nothing', async (store, alice) => {
      const { deviceId, credentialId, sessionToken } = await begin(store, alice);
      assert.match(sessionToken, /^[\w-]{43}$/);
      assert.equal(await admit(store, sessionToken), undefined);
      assert.equal(await store.findDevice(alice, deviceId), undefined);
      assert.deepEqual((await store.listDevices(alice, { limit: 10 })).items, []);
      assert.deepEqual((await store.listAllDevices({ limit: 10 })).items, []);
      assert.equal(await store.ownerOf(deviceId), undefined);
      assert.deepEqual(await store.activeCredentials([credentialId]), []);
      assert.equal(await store.revokeDevice(alice, deviceId), false);
      assert.deepEqual(await states(store, alice), ['pending']);
    });

    check('completing makes all of it valid at once', async (store, alice) => {
      const { tokenId, deviceId, credentialId, sessionToken } = await begin(store, alice);
      assert.equal(await store.completePairing(alice, tokenId, credentialId), true);
      const admission = await admit(store, sessionToken);
      assert.deepEqual(admission, { deviceId, userId: alice, credentialId, epoch: 1 });
      const { name, model, serial } = (await store.findDevice(alice, deviceId)) ?? {};
      assert.deepEqual({ name, model, serial }, DEVICE);
      const { items } = await store.listPairingTokens(alice, { limit: 10 });
      assert.deepEqual([items[0]?.state, items[0]?.deviceId], ['used', deviceId]);
      assert.deepEqual(await store.activeCredentials([credentialId]), [credentialId]);
      const events = (await store.deviceEvents(alice, deviceId, { limit: 10 })).items.map(({ kind }) => kind);
      assert.deepEqual(events, ['online', 'paired']);
    });

    check('a device may say little of itself', async (store, alice) => {
      const tokenId = await store.addPairingToken(alice, newToken());
      const { deviceId, credentialId } = await store.mintPending(alice, tokenId, { name: 'cam' });
      assert.equal(await store.completePairing(alice, tokenId, credentialId), true);
      const { name, ...rest } = (await store.findDevice(alice, deviceId)) ?? {};
      assert.equal(name, 'cam');
      assert.ok(!('model' in rest) && !('serial' in rest));
    });

    check(
      'attack 41: of 100 at once one completes, and the others’ tokens never work',
      async (store, alice) => {
        const token = newToken();
        const tokenId = await store.addPairingToken(alice, token);
        const minted = await Promise.all(
          Array.from({ length: 100 }, () => store.mintPending(alice, tokenId, DEVICE)),
        );
        const done = await Promise.all(
          minted.map(({ credentialId }) => store.completePairing(alice, tokenId, credentialId)),
        );
        assert.equal(done.filter(Boolean).length, 1);
        const admitted = await Promise.all(minted.map(({ sessionToken }) => admit(store, sessionToken)));
        assert.deepEqual(
          admitted.map((admission) => admission !== undefined),
          done,
        );
        assert.equal((await store.listDevices(alice, { limit: 1000 })).items.length, 1);
        assert.equal(await store.findPairing(token.hash), undefined);
      },
    );

    check('a token that is used, revoked or expired completes nothing', async (store, alice, bob) => {
      const used = await begin(store, bob);
      const late = await store.mintPending(bob, used.tokenId, DEVICE);
      assert.equal(await store.completePairing(bob, used.tokenId, used.credentialId), true);
      assert.equal(await store.completePairing(bob, used.tokenId, used.credentialId), false);
      assert.equal(await store.completePairing(bob, used.tokenId, late.credentialId), false);
      const revoked = await begin(store, alice);
      await store.revokePairingToken(alice, revoked.tokenId);
      const expired = await begin(store, alice, newToken({ expiresAt: Date.now() - 1 }));
      for (const { tokenId, credentialId, sessionToken } of [revoked, expired]) {
        assert.equal(await store.completePairing(alice, tokenId, credentialId), false);
        assert.equal(await admit(store, sessionToken), undefined);
      }
      assert.equal((await store.listDevices(bob, { limit: 10 })).items.length, 1);
      assert.deepEqual((await store.listDevices(alice, { limit: 10 })).items, []);
    });

    check('B7: a token for several devices pairs so many, also at one time', async (store, alice) => {
      const token = newToken({ name: 'Gate', uses: 3 });
      const tokenId = await store.addPairingToken(alice, token);
      const pair = async () => {
        const { credentialId } = await store.mintPending(alice, tokenId, DEVICE);
        return store.completePairing(alice, tokenId, credentialId);
      };
      assert.equal(await pair(), true);
      const item = async () => (await store.listPairingTokens(alice, { limit: 1 })).items[0];
      const { uses, used, state } = (await item()) ?? {};
      assert.deepEqual([uses, used, state], [3, 1, 'pending']);
      assert.equal((await store.findPairing(token.hash))?.tokenId, tokenId);
      const done = await Promise.all(Array.from({ length: 20 }, pair));
      assert.equal(done.filter(Boolean).length, 2);
      assert.deepEqual([(await item())?.used, (await item())?.state], [3, 'used']);
      assert.equal(await store.findPairing(token.hash), undefined);
      const names = (await store.listDevices(alice, { limit: 10 })).items.map(({ name }) => name);
      assert.deepEqual(names.sort(), ['Gate 1', 'Gate 2', 'Gate 3']);
    });

    check('B7: a token for several devices that is revoked pairs no more', async (store, alice) => {
      const tokenId = await store.addPairingToken(alice, newToken({ uses: 3 }));
      const [first, second] = [
        await store.mintPending(alice, tokenId, DEVICE),
        await store.mintPending(alice, tokenId, DEVICE),
      ];
      assert.equal(await store.completePairing(alice, tokenId, first.credentialId), true);
      assert.equal(await store.revokePairingToken(alice, tokenId), true);
      assert.equal(await store.completePairing(alice, tokenId, second.credentialId), false);
      assert.deepEqual(await states(store, alice), ['revoked']);
    });

    check('a credential completes only what it was made for', async (store, alice, bob) => {
      const [mine, bobs] = [await begin(store, alice), await begin(store, bob)];
      assert.equal(await store.completePairing(alice, mine.tokenId, bobs.credentialId), false);
      assert.equal(await store.completePairing(bob, mine.tokenId, mine.credentialId), false);
      assert.equal(await store.completePairing(alice, mine.tokenId, 'x' as CredentialId), false);
      assert.deepEqual(await states(store, alice), ['pending']);
      assert.equal(await store.completePairing(alice, mine.tokenId, mine.credentialId), true);
    });

    check('attack 42: a pending credential that was taken away never works', async (store, alice, bob) => {
      const { tokenId, credentialId, sessionToken } = await begin(store, alice);
      const before = await store.lastChange();
      assert.equal(await store.revokeCredential(bob, credentialId), false);
      assert.equal(await store.revokeCredential(alice, credentialId), true);
      assert.equal(await store.revokeCredential(alice, credentialId), false);
      assert.equal(await store.completePairing(alice, tokenId, credentialId), false);
      assert.equal(await admit(store, sessionToken), undefined);
      assert.equal(await store.lastChange(), before);
      assert.deepEqual(await states(store, alice), ['pending']);
    });

    check(
      'attack 42: a valid credential that is taken away dies, and whoever holds a tunnel hears of it',
      async (store, alice) => {
        const { tokenId, deviceId, credentialId, sessionToken } = await begin(store, alice);
        await store.completePairing(alice, tokenId, credentialId);
        const before = await store.lastChange();
        assert.equal(await store.revokeCredential(alice, credentialId), true);
        assert.equal(await store.revokeCredential(alice, credentialId), false);
        assert.equal(await admit(store, sessionToken), undefined);
        const { changes } = await store.changesSince(before, 10);
        const told = changes.map(({ seq: _, at: __, ...change }: Change) => change);
        assert.deepEqual(told, [{ kind: 'credential-revoked', deviceId, credentialId }]);
      },
    );

    for (const [what, device] of Object.entries({
      'no name': { name: ' ' },
      'a control character': { name: 'a', model: 'b\u0000' },
      'too long a serial number': { name: 'a', serial: 'x'.repeat(129) },
    })) {
      check(`a device with ${what} is refused`, async (store, alice) => {
        const tokenId = await store.addPairingToken(alice, newToken());
        await assert.rejects(store.mintPending(alice, tokenId, device), { code: 'ERR_STORE_INPUT' });
      });
    }

    check('attack 45: nothing is minted for a user who is not there', async (store, alice) => {
      const tokenId = await store.addPairingToken(alice, newToken());
      const minted = store.mintPending('nobody' as UserId, tokenId, DEVICE);
      await assert.rejects(minted, { code: 'ERR_STORE_CONFLICT' });
    });

    check('a hash is of one token', async (store, alice, bob) => {
      const hash: TokenHash = hashToken('the same');
      await store.addPairingToken(alice, newToken({ hash }));
      await assert.rejects(store.addPairingToken(bob, newToken({ hash })), { code: 'ERR_STORE_CONFLICT' });
    });
  });
}
