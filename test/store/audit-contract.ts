// This suite says what every store must keep in its audit log.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { hashToken } from '../../src/store/ports/ids.js';
import type { Store } from '../../src/store/ports/store.js';
import type { Check } from './device-admin-contract.js';
import { newToken } from './pairing-contract.js';
import { newSignIn } from './sign-ins-contract.js';

const ISSUER = 'https://id.example';
const FROM = { remoteAddr: '192.0.2.7', requestId: 'req-1' };

async function entries(store: Store, subject = 'alice') {
  const { items } = await store.listAudit(await store.ensureUser(ISSUER, subject), { limit: 100 });
  return items.map(({ auditId: _, at: __, ...entry }) => entry).reverse();
}

/** What every store must keep of who did what. */
export function auditContract(name: string, check: Check): void {
  describe(`${name}: audit`, () => {
    check('what the store does is written with it: who, what, from where', async (store) => {
      const alice = await store.ensureUser(ISSUER, 'alice');
      const [made] = await store.provision(alice, ['cam'], undefined, { actor: 'operator' });
      const target = made!.deviceId;
      await store.updateDevice(alice, target, { name: 'gate' }, FROM);
      await store.rotateCredential(alice, target, FROM);
      await store.revokeDevice(alice, target, FROM);
      const done = { target, result: 'done' } as const;
      assert.deepEqual(await entries(store), [
        { actor: 'operator', action: 'device.added', ...done },
        { actor: 'user', action: 'device.updated', ...FROM, ...done },
        { actor: 'user', action: 'credential.rotated', ...FROM, ...done },
        { actor: 'user', action: 'device.revoked', ...FROM, ...done },
      ]);
    });

    check('pairing and signing in', async (store) => {
      const alice = await store.ensureUser(ISSUER, 'alice');
      const revoked = await store.addPairingToken(alice, newToken({ hash: hashToken('one') }));
      await store.revokePairingToken(alice, revoked);
      const token = await store.addPairingToken(alice, newToken({ hash: hashToken('two') }), FROM);
      const pending = await store.mintPending(alice, token, { name: 'cam' });
      await store.completePairing(alice, token, pending.credentialId, { remoteAddr: '198.51.100.1' });
      await store.revokeCredential(alice, pending.credentialId);
      const first = newSignIn('first');
      const { signInId: one } = await store.beginSignIn(alice, { ...first, remoteAddr: '192.0.2.9' });
      const { signInId: two } = await store.beginSignIn(alice, newSignIn('second'), first.cookie, FROM);
      await store.endSignIn(alice, two, FROM);
      const told = (await entries(store)).map(({ actor, action, target, remoteAddr }) =>
        [actor, action, target, remoteAddr ?? '-'].join(' '),
      );
      assert.deepEqual(told, [
        `user pairing-token.added ${revoked} -`,
        `user pairing-token.revoked ${revoked} -`,
        `user pairing-token.added ${token} 192.0.2.7`,
        `device device.paired ${pending.deviceId} 198.51.100.1`,
        `user credential.revoked ${pending.deviceId} -`,
        `user sign-in.begun ${one} 192.0.2.9`,
        `user sign-in.ended ${one} 192.0.2.7`,
        `user sign-in.begun ${two} 192.0.2.7`,
        `user sign-in.ended ${two} 192.0.2.7`,
      ]);
    });

    check('what changes nothing is not written', async (store) => {
      const alice = await store.ensureUser(ISSUER, 'alice');
      const [made] = await store.provision(alice, ['cam']);
      await store.revokeDevice(alice, made!.deviceId);
      const before = await entries(store);
      await store.revokeDevice(alice, made!.deviceId);
      await store.updateDevice(alice, made!.deviceId, { name: 'x' });
      await store.rotateCredential(alice, made!.deviceId);
      assert.deepEqual(await entries(store), before);
    });

    check(
      'what others tell is kept with it, newest first in pages; of nobody it is in no list',
      async (store) => {
        const alice = await store.ensureUser(ISSUER, 'alice');
        for (const action of ['a.a', 'b.b', 'c.c'])
          await store.audit(alice, { action, result: 'refused', ...FROM });
        await store.audit(undefined, { action: 'd.d', result: 'failed', actor: 'device' });
        const first = await store.listAudit(alice, { limit: 2 });
        const second = await store.listAudit(alice, { limit: 2, ...(first.next && { after: first.next }) });
        const listed = [...first.items, ...second.items];
        assert.deepEqual(
          listed.map(({ action, result }) => [action, result]),
          [
            ['c.c', 'refused'],
            ['b.b', 'refused'],
            ['a.a', 'refused'],
          ],
        );
        assert.equal(second.next, undefined);
      },
    );

    check('O2: several refusals are one row, with how often', async (store) => {
      const alice = await store.ensureUser(ISSUER, 'alice');
      await store.audit(alice, { action: 'a.a', result: 'refused', times: 7 });
      const { items } = await store.listAudit(alice, { limit: 1 });
      assert.deepEqual(
        items.map(({ action, times }) => [action, times]),
        [['a.a', 7]],
      );
      for (const times of [0, 1.5, -1]) {
        const refused = store.audit(alice, { action: 'a.a', result: 'refused', times });
        await assert.rejects(refused, { code: 'ERR_STORE_INPUT' });
      }
    });

    check('O2: whose token it was that is good no more is known, and of others nothing is', async (store) => {
      const [alice, bob] = [await store.ensureUser(ISSUER, 'alice'), await store.ensureUser(ISSUER, 'bob')];
      const [gone, rotated, good] = await store.provision(alice, ['gone', 'rotated', 'good']);
      const [expired] = await store.provision(bob, ['expired'], Date.now() - 1);
      await store.revokeDevice(alice, gone!.deviceId);
      await store.revokeDevice(alice, rotated!.deviceId);
      const tokens = [good, gone, expired, rotated].map((device) => hashToken(device!.sessionToken));
      assert.deepEqual(await store.spentCredentials([hashToken('nobodys'), ...tokens]), [
        undefined,
        undefined,
        { owner: alice, deviceId: gone!.deviceId },
        { owner: bob, deviceId: expired!.deviceId },
        { owner: alice, deviceId: rotated!.deviceId },
      ]);
      await assert.rejects(store.spentCredentials([]), { code: 'ERR_STORE_INPUT' });
    });

    check('O2: whose pairing token it was that is good no more', async (store) => {
      const alice = await store.ensureUser(ISSUER, 'alice');
      const [used, live] = [hashToken('used'), hashToken('live')];
      const tokenId = await store.addPairingToken(alice, newToken({ hash: used }));
      await store.revokePairingToken(alice, tokenId);
      await store.addPairingToken(alice, newToken({ hash: live }));
      assert.deepEqual(await store.spentPairing(used), { tokenId, owner: alice });
      assert.equal(await store.spentPairing(live), undefined);
      assert.equal(await store.spentPairing(hashToken('nobodys')), undefined);
    });

    check('fields are bounded', async (store) => {
      const refused = { code: 'ERR_STORE_INPUT' };
      const long = 'x'.repeat(256);
      for (const entry of [{ action: '' }, { action: long }, { action: 'a', target: long }]) {
        await assert.rejects(store.audit(undefined, { ...entry, result: 'done' }), refused);
      }
    });
  });
}
