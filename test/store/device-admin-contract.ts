// This suite says what every store must do about one device of a user.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { type DeviceId, hashToken, type SessionToken, type UserId } from '../../src/store/ports/ids.js';
import type { Store } from '../../src/store/ports/store.js';
import { admit } from '../support/admit.js';

/** Runs a test with a store whose data is empty. */
export type Check = (what: string, body: (store: Store) => Promise<void>) => void;

async function made(store: Store, subject = 'alice') {
  const owner = await store.ensureUser('https://id.example', subject);
  const [device] = await store.provision(owner, ['cam']);
  assert.ok(device !== undefined);
  return { owner, ...device };
}

const NOBODY = 'nobody' as UserId;
const NOTHING = '0190-none' as DeviceId;

/** What every store must do about one device of a user. */
export function deviceAdminContract(name: string, check: Check): void {
  const kinds = async (store: Store, owner: UserId, device: DeviceId) =>
    (await store.deviceEvents(owner, device, { limit: 100 })).items.map(({ kind }) => kind);

  describe(`${name}: one device`, () => {
    check('a new device has no labels', async (store) => {
      const { owner, deviceId } = await made(store);
      assert.deepEqual((await store.findDevice(owner, deviceId))?.labels, {});
    });

    check('what an update names is changed, and the rest stays', async (store) => {
      const { owner, deviceId } = await made(store);
      const labels = { line: '3', 'a/b': 'é"\u{1F6AA}' };
      assert.deepEqual((await store.updateDevice(owner, deviceId, { labels }))?.labels, labels);
      assert.equal((await store.updateDevice(owner, deviceId, { name: 'gate' }))?.name, 'gate');
      const found = await store.findDevice(owner, deviceId);
      assert.deepEqual([found?.name, found?.labels], ['gate', labels]);
      await store.updateDevice(owner, deviceId, { labels: { b: '' } });
      assert.deepEqual((await store.listDevices(owner, { limit: 10 })).items[0]?.labels, { b: '' });
      assert.deepEqual(await kinds(store, owner, deviceId), ['labelled', 'renamed', 'labelled', 'added']);
    });

    check('a name that none can have is refused', async (store) => {
      const { owner, deviceId } = await made(store);
      for (const bad of ['', '  ', 'a\nb', 'x'.repeat(129)]) {
        await assert.rejects(store.updateDevice(owner, deviceId, { name: bad }), { code: 'ERR_STORE_INPUT' });
      }
      const labels = { a: 'x'.repeat(70_000) };
      await assert.rejects(store.updateDevice(owner, deviceId, { labels }), { code: 'ERR_STORE_INPUT' });
    });

    check('D2: the first use of a rotated credential ends the old one, in the feed too', async (store) => {
      const { owner, deviceId, sessionToken } = await made(store);
      const old = await admit(store, sessionToken);
      const before = await store.lastChange();
      const token = await store.rotateCredential(owner, deviceId);
      assert.ok(token !== undefined && token !== sessionToken);
      assert.equal(await store.lastChange(), before);
      const admission = await admit(store, token);
      assert.equal(admission?.deviceId, deviceId);
      assert.ok(old !== undefined && admission.epoch > old.epoch);
      const { changes } = await store.changesSince(before, 10);
      assert.deepEqual(
        changes.map(({ seq: _, at: __, ...change }) => change),
        [{ kind: 'credential-revoked', deviceId, credentialId: old.credentialId }],
      );
      assert.deepEqual(await store.activeCredentials([old.credentialId, admission.credentialId]), [
        admission.credentialId,
      ]);
      assert.equal(await admit(store, sessionToken), undefined);
      const [entry] = (await store.listAudit(owner, { limit: 1 })).items;
      assert.deepEqual(
        [entry?.action, entry?.actor, entry?.target],
        ['credential.revoked', 'device', deviceId],
      );
      // Once.
      assert.equal((await admit(store, token))?.deviceId, deviceId);
      assert.equal(await store.lastChange(), before + 1);
    });

    check('D2: a device whose rotated credential is lost is not locked out, however often', async (store) => {
      const { owner, deviceId, sessionToken } = await made(store);
      const lost: SessionToken[] = [];
      for (let i = 0; i < 3; i += 1) {
        const token = await store.rotateCredential(owner, deviceId);
        assert.ok(token !== undefined);
        assert.equal((await admit(store, sessionToken))?.deviceId, deviceId);
        // Nobody used the one before: a new one takes its place.
        for (const before of lost) assert.equal(await admit(store, before), undefined);
        lost.push(token);
      }
      const before = await store.lastChange();
      const kept = await store.rotateCredential(owner, deviceId);
      assert.equal(await store.lastChange(), before + 1);
      assert.equal((await admit(store, kept!))?.deviceId, deviceId);
      for (const dead of [sessionToken, ...lost]) assert.equal(await admit(store, dead), undefined);
    });

    check('D2: a device that is revoked has no credential left, neither old nor new', async (store) => {
      const { owner, deviceId, sessionToken } = await made(store);
      const token = await store.rotateCredential(owner, deviceId);
      const [old, unused] = [await admit(store, sessionToken), hashToken(token!)];
      await store.revokeDevice(owner, deviceId);
      assert.deepEqual(await store.connect([hashToken(sessionToken), unused]), [undefined, undefined]);
      assert.deepEqual(await store.activeCredentials([old!.credentialId]), []);
    });

    check('its history is walked from the newest, and goes with connecting', async (store) => {
      const { owner, deviceId, sessionToken } = await made(store);
      const admission = await admit(store, sessionToken);
      await store.recordOffline([admission!]);
      await store.rotateCredential(owner, deviceId);
      const all = ['credential-rotated', 'offline', 'online', 'added'];
      assert.deepEqual(await kinds(store, owner, deviceId), all);
      const walked: string[] = [];
      let after: string | undefined;
      do {
        const page = await store.deviceEvents(owner, deviceId, { limit: 3, ...(after && { after }) });
        walked.push(...page.items.map(({ kind }) => kind));
        after = page.next;
      } while (after !== undefined);
      assert.deepEqual(walked, all);
      for (const limit of [0, 1001]) {
        await assert.rejects(store.deviceEvents(owner, deviceId, { limit }), { code: 'ERR_STORE_INPUT' });
      }
    });

    check('the end of a tunnel is not told once the device has connected again', async (store) => {
      const { owner, deviceId, sessionToken } = await made(store);
      const [first, second] = [await admit(store, sessionToken), await admit(store, sessionToken)];
      await store.recordOffline([first!, { ...first!, deviceId: NOTHING }]);
      assert.deepEqual(await kinds(store, owner, deviceId), ['online', 'online', 'added']);
      await store.recordOffline([{ ...second!, userId: NOBODY }]);
      await store.recordOffline([second!]);
      assert.deepEqual(await kinds(store, owner, deviceId), ['offline', 'online', 'online', 'added']);
    });

    check("another's, a missing and a revoked device are alike: nothing is done", async (store) => {
      const { owner, deviceId, sessionToken } = await made(store);
      const bob = await store.ensureUser('https://id.example', 'bob');
      const nothing = async (user: UserId, device: DeviceId) => {
        const update = { name: 'mine', labels: { a: '1' } };
        assert.equal(await store.updateDevice(user, device, update), undefined);
        assert.equal(await store.rotateCredential(user, device), undefined);
      };
      for (const user of [bob, NOBODY]) {
        await nothing(user, deviceId);
        assert.deepEqual(await store.deviceEvents(user, deviceId, { limit: 10 }), { items: [] });
      }
      await nothing(owner, NOTHING);
      assert.equal((await store.findDevice(owner, deviceId))?.name, 'cam');
      assert.ok((await admit(store, sessionToken)) !== undefined);
      await store.revokeDevice(owner, deviceId);
      await nothing(owner, deviceId);
    });
  });
}
