// This suite says what every store must do; it runs the suites of single ports, too.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Change } from '../../src/store/ports/changes.js';
import type { Device } from '../../src/store/ports/devices.js';
import {
  type ChangeSeq,
  type CredentialId,
  type DeviceId,
  hashToken,
  type UserId,
} from '../../src/store/ports/ids.js';
import type { ListPage } from '../../src/store/ports/page.js';
import type { Store } from '../../src/store/ports/store.js';
import { admit } from '../support/admit.js';
import { attemptContract } from './attempt-contract.js';
import { auditContract } from './audit-contract.js';
import { deviceAdminContract } from './device-admin-contract.js';
import { nodeContract } from './node-contract.js';

/** One store under test; its data begins empty. */
export interface Subject {
  readonly store: Store;
  /** Closes the store and removes its data. */
  end(): Promise<void>;
}

const ISSUER = 'https://id.example';

/** What every implementation of the ports must do. `open` gives a store with empty data and a wall clock. */
export function storeContract(name: string, open: () => Promise<Subject>): void {
  const check = (what: string, body: (store: Store) => Promise<void>) =>
    test(what, async () => {
      const subject = await open();
      try {
        await body(subject.store);
      } finally {
        await subject.end();
      }
    });

  describe(`${name}: users`, () => {
    check('a user is added once and found again', async (store) => {
      const id = await store.ensureUser(ISSUER, 'alice');
      assert.equal(await store.ensureUser(ISSUER, 'alice'), id);
      assert.equal(await store.findUser(ISSUER, 'alice'), id);
    });

    check('issuer and subject are the key, byte for byte', async (store) => {
      const ids = await Promise.all(
        [
          [ISSUER, 'alice'],
          [ISSUER, 'Alice'],
          [ISSUER, 'alice '],
          [`${ISSUER}/`, 'alice'],
        ].map(([issuer = '', subject = '']) => store.ensureUser(issuer, subject)),
      );
      assert.equal(new Set(ids).size, 4);
      assert.equal(await store.findUser(ISSUER, 'ALICE'), undefined);
    });

    for (const [why, subject] of [
      ['empty', ''],
      ['blank', ' \t '],
      ['that only looks empty', '\u200b\u2060 \u3000'],
      ['too long', 'x'.repeat(256)],
      ['with a control character', 'a\u0000b'],
      ['with half a surrogate pair', 'a\ud800'],
    ] as const) {
      check(`a subject that is ${why} is refused`, async (store) => {
        await assert.rejects(store.ensureUser(ISSUER, subject), { code: 'ERR_STORE_INPUT' });
      });
    }
  });

  describe(`${name}: devices`, () => {
    check('provisioned devices connect with their tokens', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      const made = await store.provision(owner, ['cam-1', 'cam-2']);
      assert.equal(made.length, 2);
      for (const { deviceId, sessionToken } of made) {
        assert.match(sessionToken, /^[\w-]{43}$/);
        assert.match(deviceId, /^[\w-]+$/);
        const admission = await admit(store, sessionToken);
        assert.equal(admission?.deviceId, deviceId);
        assert.equal(admission.userId, owner);
      }
    });

    check('a page has no more than its limit and the pages join to the whole list', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      const names = Array.from({ length: 7 }, (_, i) => `cam-${i}`);
      await store.provision(owner, names);
      const sizes: number[] = [];
      const listed = await collect((after) => store.listDevices(owner, { limit: 3, ...after }), sizes);
      assert.deepEqual(
        listed.map((device) => device.name),
        names,
      );
      assert.deepEqual(sizes, [3, 3, 1]);
    });

    check('a list that ends with a full page says that it ends', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      await store.provision(owner, ['a', 'b']);
      assert.equal((await store.listDevices(owner, { limit: 2 })).next, undefined);
    });

    check('users see their own devices only, the operator sees all', async (store) => {
      const [alice, bob] = [await store.ensureUser(ISSUER, 'alice'), await store.ensureUser(ISSUER, 'bob')];
      await store.provision(alice, ['hers']);
      const [his] = await store.provision(bob, ['his']);
      assert.deepEqual(
        (await store.listDevices(alice, { limit: 10 })).items.map((device) => device.name),
        ['hers'],
      );
      const all = await store.listAllDevices({ limit: 10 });
      assert.deepEqual(
        all.items.map(({ name, owner, subject }) => [name, owner, subject]),
        [
          ['hers', alice, 'alice'],
          ['his', bob, 'bob'],
        ],
      );
      const ofBob = await store.listAllDevices({ limit: 10 }, { subject: 'bob' });
      assert.deepEqual(
        ofBob.items.map(({ name, issuer, subject }) => [name, issuer, subject]),
        [['his', ISSUER, 'bob']],
      );
      assert.equal(await store.ownerOf(his!.deviceId), bob);
      assert.equal(await store.ownerOf('none' as DeviceId), undefined);
    });

    check('a device is found by its owner only, a revoked one too', async (store) => {
      const [alice, bob] = [await store.ensureUser(ISSUER, 'alice'), await store.ensureUser(ISSUER, 'bob')];
      const [made] = await store.provision(alice, ['hers']);
      const { deviceId } = made!;
      assert.equal((await store.findDevice(alice, deviceId))?.name, 'hers');
      assert.equal(await store.findDevice(bob, deviceId), undefined);
      assert.equal(await store.findDevice(alice, 'none' as DeviceId), undefined);
      await store.revokeDevice(alice, deviceId);
      const found = await store.findDevice(alice, deviceId);
      assert.equal(typeof found?.revokedAt, 'number');
    });

    check('D3: revoked devices are in no list, unless the operator wants them', async (store) => {
      const alice = await store.ensureUser(ISSUER, 'alice');
      const devices = await store.provision(alice, ['a', 'b', 'c', 'd']);
      for (const at of [0, 1]) await store.revokeDevice(alice, devices[at]!.deviceId);
      const names = ({ items }: ListPage<Device>) => items.map(({ name }) => name);
      const first = await store.listDevices(alice, { limit: 1 });
      assert.deepEqual([names(first), first.next], [['c'], devices[2]!.deviceId]);
      const last = await store.listDevices(alice, { limit: 1, after: devices[2]!.deviceId });
      assert.deepEqual([names(last), last.next], [['d'], undefined]);
      const all = { limit: 10 };
      assert.deepEqual(names(await store.listAllDevices(all)), ['c', 'd']);
      assert.deepEqual(names(await store.listAllDevices(all, { subject: 'alice' })), ['c', 'd']);
      assert.deepEqual(names(await store.listAllDevices(all, { revoked: true })), ['a', 'b', 'c', 'd']);
    });

    check('a bad name fails the whole call', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      await assert.rejects(store.provision(owner, ['good', '']), { code: 'ERR_STORE_INPUT' });
      assert.deepEqual((await store.listDevices(owner, { limit: 10 })).items, []);
    });

    check('a device of a user who does not exist is refused', async (store) => {
      await assert.rejects(store.provision('nobody' as UserId, ['cam']), { code: 'ERR_STORE_CONFLICT' });
    });

    check('counts are bounded', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      const names = Array.from({ length: 1_001 }, () => 'cam');
      const refused = { code: 'ERR_STORE_INPUT' };
      await assert.rejects(store.provision(owner, names), refused);
      await assert.rejects(store.provision(owner, []), refused);
      await assert.rejects(store.listDevices(owner, { limit: 1_001 }), refused);
      await assert.rejects(store.listAllDevices({ limit: 0 }), refused);
      await assert.rejects(store.changesSince(0 as ChangeSeq, 1.5), refused);
      await assert.rejects(store.activeCredentials([]), refused);
      assert.equal((await store.provision(owner, names.slice(1))).length, 1_000);
    });
  });

  deviceAdminContract(name, check);
  auditContract(name, check);
  nodeContract(name, check);
  attemptContract(name, check);

  describe(`${name}: connecting`, () => {
    check(
      'each connection of a device has a greater epoch, and devices count on their own',
      async (store) => {
        const owner = await store.ensureUser(ISSUER, 'alice');
        const [one, two] = await store.provision(owner, ['one', 'two']);
        const connect = async (token: string) => (await admit(store, token))?.epoch;
        assert.equal(await connect(one!.sessionToken), 1);
        assert.equal(await connect(one!.sessionToken), 2);
        assert.equal(await connect(two!.sessionToken), 1);
      },
    );

    check('connections asked for at once get different epochs', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      const [made] = await store.provision(owner, ['cam']);
      const { sessionToken } = made!;
      const admissions = await Promise.all(Array.from({ length: 50 }, () => admit(store, sessionToken)));
      assert.equal(new Set(admissions.map((admission) => admission?.epoch)).size, 50);
    });

    check('many tokens are answered in their order, up to 1,000', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      const [one, two] = await store.provision(owner, ['cam', 'cam']);
      const asked = [one!.sessionToken, 'unknown', two!.sessionToken, one!.sessionToken].map(hashToken);
      const admissions = await store.connect(asked);
      const seen = admissions.map((admission) => admission?.deviceId);
      assert.deepEqual(seen, [one!.deviceId, undefined, two!.deviceId, one!.deviceId]);
      assert.notEqual(admissions[0]?.epoch, admissions[3]?.epoch);
      for (const count of [0, 1_001]) {
        const tokens = Array.from({ length: count }, () => hashToken('unknown'));
        await assert.rejects(store.connect(tokens), { code: 'ERR_STORE_INPUT' });
      }
    });

    check('an unknown token is not admitted', async (store) => {
      assert.equal(await admit(store, 'unknown'), undefined);
    });

    check('an expired token is not admitted', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      const [expired] = await store.provision(owner, ['old'], Date.now() - 1);
      const [valid] = await store.provision(owner, ['new'], Date.now() + 3_600_000);
      assert.equal(await admit(store, expired!.sessionToken), undefined);
      assert.notEqual(await admit(store, valid!.sessionToken), undefined);
    });

    check('a connection is seen in the list', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      const [made] = await store.provision(owner, ['cam']);
      const before = Date.now();
      await admit(store, made!.sessionToken);
      const [device] = (await store.listDevices(owner, { limit: 1 })).items;
      assert.ok(device!.lastConnectedAt! >= before);
    });
  });

  describe(`${name}: revoking`, () => {
    check('a revoked device is not admitted and its credential is not active', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      const [gone, kept] = await store.provision(owner, ['gone', 'kept']);
      const ids: CredentialId[] = [];
      for (const { sessionToken } of [gone!, kept!]) {
        ids.push((await admit(store, sessionToken))!.credentialId);
      }
      assert.deepEqual(await store.activeCredentials(ids), ids);
      assert.equal(await store.revokeDevice(owner, gone!.deviceId), true);
      assert.equal(await admit(store, gone!.sessionToken), undefined);
      assert.deepEqual(await store.activeCredentials([...ids, 'none' as CredentialId]), ids.slice(1));
      assert.equal(typeof (await store.findDevice(owner, gone!.deviceId))?.revokedAt, 'number');
      const { items } = await store.listDevices(owner, { limit: 10 });
      assert.deepEqual(
        items.map(({ deviceId, revokedAt }) => [deviceId, revokedAt]),
        [[kept!.deviceId, undefined]],
      );
    });

    check('it writes one change, however often it is asked', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      const [made] = await store.provision(owner, ['cam']);
      const before = await store.lastChange();
      assert.equal(await store.revokeDevice(owner, made!.deviceId), true);
      assert.equal(await store.revokeDevice(owner, made!.deviceId), false);
      const { changes, last, missed } = await store.changesSince(before, 10);
      assert.deepEqual(
        changes.map(({ at: _, ...change }) => change),
        [{ seq: before + 1, kind: 'device-revoked', deviceId: made!.deviceId }],
      );
      assert.equal(last, before + 1);
      assert.equal(await store.lastChange(), last);
      assert.equal(missed, false);
    });

    check("another user's device stays as it is", async (store) => {
      const [alice, bob] = [await store.ensureUser(ISSUER, 'alice'), await store.ensureUser(ISSUER, 'bob')];
      const [hers] = await store.provision(alice, ['hers']);
      assert.equal(await store.revokeDevice(bob, hers!.deviceId), false);
      assert.notEqual(await admit(store, hers!.sessionToken), undefined);
      assert.equal(await store.lastChange(), 0);
    });
  });

  describe(`${name}: changes`, () => {
    check('are read in parts, in order', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      const made = await store.provision(owner, ['a', 'b', 'c']);
      for (const { deviceId } of made) await store.revokeDevice(owner, deviceId);
      const one = await store.changesSince(0 as ChangeSeq, 2);
      const two = await store.changesSince(one.last, 2);
      assert.deepEqual(
        [...one.changes, ...two.changes].map(deviceOf),
        made.map((device) => device.deviceId),
      );
      assert.equal(one.changes.length, 2);
      assert.deepEqual(await store.changesSince(two.last, 2), { changes: [], last: two.last, missed: false });
    });

    check('a reader ahead of the feed is told that it has missed some', async (store) => {
      const changes = await store.changesSince(7 as ChangeSeq, 10);
      assert.deepEqual(changes, { changes: [], last: 0, missed: true });
    });
  });

  describe(`${name}: closing`, () => {
    check('finishes the writes asked for before, refuses later calls, and may be repeated', async (store) => {
      const owner = await store.ensureUser(ISSUER, 'alice');
      const asked = store.provision(owner, ['cam']);
      await store.close();
      assert.equal((await asked).length, 1);
      await assert.rejects(store.ensureUser(ISSUER, 'bob'), { code: 'ERR_STORE_CLOSED' });
      await assert.rejects(store.lastChange(), { code: 'ERR_STORE_CLOSED' });
      await store.close();
    });
  });
}

/** The device that a change is about. */
export function deviceOf(change: Change | undefined): DeviceId | undefined {
  return change !== undefined && 'deviceId' in change ? change.deviceId : undefined;
}

/** Every item of a paged list; the size of each page is added to `sizes`. */
async function collect<Item>(
  read: (after: { after?: DeviceId }) => Promise<ListPage<Item>>,
  sizes: number[],
): Promise<Item[]> {
  const items: Item[] = [];
  let after: { after?: DeviceId } = {};
  for (;;) {
    const page = await read(after);
    items.push(...page.items);
    sizes.push(page.items.length);
    if (page.next === undefined) return items;
    after = { after: page.next };
  }
}
