import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { REVOKED_KEPT_MS } from '../../src/store/calls/sweep.js';
import { openStore } from '../../src/store/open-store.js';
import type { ChangeSeq, DeviceId } from '../../src/store/ports/ids.js';
import { openDatabase } from '../../src/store/sqlite/sqlite.js';
import { AUDIT_KEPT_MS } from '../../src/store/tables/audit-log.js';
import { SUPERSEDED_MS } from '../../src/store/tables/credentials.js';
import { admit } from '../support/admit.js';
import { deviceOf, storeContract } from './contract.js';
import { testEach } from './locations.js';
import { pairingContract } from './pairing-contract.js';
import { signInContract } from './sign-ins-contract.js';
import { withTempDir } from './temp-dir.js';

async function open() {
  const dataDir = await mkdtemp(join(tmpdir(), 'visiona-store-'));
  const store = await openStore({ dataDir });
  return {
    store,
    end: async () => {
      await store.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

storeContract('store in this process', open);
signInContract('store in this process', open);
pairingContract('store in this process', open);

testEach(
  'the feed keeps the newest changes only, and a reader that is too late is told',
  async ({ location }) => {
    const store = await openStore({ ...location, changesKept: 3 });
    const owner = await store.ensureUser('https://id.example', 'alice');
    const made = await store.provision(owner, ['a', 'b', 'c', 'd', 'e']);
    for (const { deviceId } of made) await store.revokeDevice(owner, deviceId);
    const late = await store.changesSince(1 as ChangeSeq, 10);
    assert.equal(late.missed, true);
    assert.deepEqual(
      late.changes.map((change) => change.seq),
      [3, 4, 5],
    );
    assert.equal((await store.changesSince(2 as ChangeSeq, 10)).missed, false);
    await store.close();
  },
);

testEach('two stores at one place see each other: users, tokens, epochs, changes', async ({ location }) => {
  const [one, two] = [await openStore(location), await openStore(location)];
  const owner = await one.ensureUser('https://id.example', 'alice');
  assert.equal(await two.findUser('https://id.example', 'alice'), owner);
  const before = await two.lastChange();
  const [made] = await one.provision(owner, ['cam']);
  assert.equal(await two.lastChange(), before);
  await one.revokeDevice(owner, made!.deviceId);
  assert.equal(deviceOf((await two.changesSince(before, 10)).changes[0]), made!.deviceId);
  assert.equal(deviceOf((await one.changesSince(before, 10)).changes[0]), made!.deviceId);
  await one.close();
  await two.close();
});

testEach(
  'who looks for data where there is none is told, and no table is made',
  async ({ location, rows }) => {
    // What a place of SQLite needs to be there: a file, with nothing in it.
    if (location.databaseUrl === undefined) (await openDatabase(location.dataDir)).close();
    await assert.rejects(openStore({ ...location, missing: 'fail' }), {
      code: 'ERR_STORE_ACCESS',
      message: /holds no data of visionA: set DATABASE_URL/,
    });
    await assert.rejects(rows('schema_migrations'));
    await (await openStore(location)).close();
    await (await openStore({ ...location, missing: 'fail' })).close();
  },
);

test('data is there after the store is opened again, and epochs go on', () =>
  withTempDir(async (dataDir) => {
    const first = await openStore({ dataDir });
    const owner = await first.ensureUser('https://id.example', 'alice');
    const [made] = await first.provision(owner, ['cam']);
    assert.equal((await admit(first, made!.sessionToken))?.epoch, 1);
    await first.close();
    const second = await openStore({ dataDir });
    assert.equal((await admit(second, made!.sessionToken))?.epoch, 2);
    await second.close();
  }));

test('the token is not in the file', () =>
  withTempDir(async (dataDir) => {
    const store = await openStore({ dataDir });
    const owner = await store.ensureUser('https://id.example', 'alice');
    const [made] = await store.provision(owner, ['cam']);
    for (const file of await readdir(dataDir)) {
      assert.equal((await readFile(join(dataDir, file))).includes(made!.sessionToken), false, file);
    }
    await store.close();
  }));

testEach('of the history of a device only the newest events are kept', async ({ location }) => {
  const store = await openStore({ ...location, eventsKept: 2 });
  const owner = await store.ensureUser('https://id.example', 'alice');
  const [one, other] = await store.provision(owner, ['one', 'other']);
  for (const name of ['a', 'b', 'c']) await store.updateDevice(owner, one!.deviceId, { name });
  await store.rotateCredential(owner, one!.deviceId);
  const kinds = async (device: DeviceId) =>
    (await store.deviceEvents(owner, device, { limit: 10 })).items.map(({ kind }) => kind);
  assert.deepEqual(await kinds(one!.deviceId), ['credential-rotated', 'renamed']);
  assert.deepEqual(await kinds(other!.deviceId), ['added']);
  await store.close();
});

testEach('D2: what was rotated away lives a week at most', async ({ location }) => {
  let now = Date.now();
  const store = await openStore({ ...location, clock: () => now });
  const owner = await store.ensureUser('https://id.example', 'alice');
  const [made] = await store.provision(owner, ['cam']);
  const { deviceId, sessionToken } = made!;
  const admission = await admit(store, sessionToken);
  await store.rotateCredential(owner, deviceId);
  now += SUPERSEDED_MS - 1;
  assert.deepEqual(await store.activeCredentials([admission!.credentialId]), [admission!.credentialId]);
  assert.ok(await admit(store, sessionToken));
  now += 1;
  assert.equal(await admit(store, sessionToken), undefined);
  assert.deepEqual(await store.activeCredentials([admission!.credentialId]), []);
  // Of two whose time has come to different ends, the one that lives is kept.
  const [second, third] = [
    await store.rotateCredential(owner, deviceId),
    await store.rotateCredential(owner, deviceId),
  ];
  assert.ok(second !== undefined && third !== undefined);
  assert.equal(await admit(store, second), undefined);
  assert.equal((await admit(store, third))?.deviceId, deviceId);
  await store.close();
});

testEach(
  'D2: when the week of what was rotated away is over it is revoked, once, and told',
  async ({ location }) => {
    let now = Date.now();
    const [store, other] = [
      await openStore({ ...location, clock: () => now }),
      await openStore({ ...location, clock: () => now }),
    ];
    const owner = await store.ensureUser('https://id.example', 'alice');
    const devices = 60;
    const made = await store.provision(
      owner,
      Array.from({ length: devices }, (_, i) => `cam-${i}`),
    );
    const old = await admit(store, made[0]!.sessionToken);
    for (const { deviceId } of made) await store.rotateCredential(owner, deviceId);
    const before = await store.lastChange();
    const told = async () => (await store.changesSince(before, 1_000)).changes;
    now += SUPERSEDED_MS - 1;
    await store.sweep();
    assert.deepEqual(await told(), []);
    now += 1;
    await store.sweep();
    // Some at a time.
    assert.equal((await told()).length, 50);
    for (let i = 0; i < 2; i += 1) await Promise.all([store.sweep(), other.sweep()]);
    const changes = await told();
    assert.deepEqual(
      [changes.length, new Set(changes.map(deviceOf)).size],
      [devices, devices],
      'each once, whoever sweeps',
    );
    const { seq: _, at: __, ...ofOld } = changes.find((change) => deviceOf(change) === old!.deviceId)!;
    const { deviceId, credentialId } = old!;
    assert.deepEqual(ofOld, { kind: 'credential-revoked', deviceId, credentialId });
    const { items } = await store.listAudit(owner, { limit: 1_000 });
    const revoked = items.filter(({ action }) => action === 'credential.revoked');
    assert.equal(revoked.length, devices);
    assert.deepEqual([...new Set(revoked.map(({ actor, result }) => `${actor} ${result}`))], ['system done']);
    await store.close();
    await other.close();
  },
);

testEach('D3: a revoked device is kept for a month, and then dropped with all that it had', async (at) => {
  let now = Date.now();
  const store = await openStore({ ...at.location, clock: () => now });
  const owner = await store.ensureUser('https://id.example', 'alice');
  const [kept, ...gone] = await store.provision(owner, ['kept', 'a', 'b']);
  await store.rotateCredential(owner, kept!.deviceId);
  for (const { deviceId } of gone) await store.revokeDevice(owner, deviceId);
  const rows = () => Promise.all(['devices', 'device_credentials', 'device_events'].map(at.rows));
  now += REVOKED_KEPT_MS - 1;
  for (let i = 0; i < 3; i += 1) await store.sweep();
  assert.deepEqual(await rows(), [3, 4, 4]);
  now += 1;
  for (let i = 0; i < 3; i += 1) await store.sweep();
  assert.deepEqual(await rows(), [1, 2, 2]);
  assert.equal(await store.findDevice(owner, gone[0]!.deviceId), undefined);
  const { items } = await store.listAudit(owner, { limit: 100 });
  assert.equal(items.filter(({ action }) => action === 'device.revoked').length, 2);
  await store.close();
});

testEach(
  'D3: credentials that were revoked are kept for a month, and then dropped, some at a time',
  async (at) => {
    let now = Date.now();
    const store = await openStore({ ...at.location, clock: () => now });
    const owner = await store.ensureUser('https://id.example', 'alice');
    const made = await store.provision(
      owner,
      Array.from({ length: 14 }, (_, i) => `cam-${i}`),
    );
    for (let i = 0; i < 25; i += 1) {
      for (const { deviceId } of made) await store.rotateCredential(owner, deviceId);
    }
    // Of each the one it has, the one it is to have, and 19 that are void.
    assert.equal(await at.rows('device_credentials'), 14 * 21);
    now += REVOKED_KEPT_MS;
    const left = [];
    for (let i = 0; i < 3; i += 1) {
      await store.sweep();
      left.push(await at.rows('device_credentials'));
    }
    assert.deepEqual(left, [94, 28, 28]);
    await store.close();
  },
);

testEach('old entries of the audit log are deleted as others come', async ({ location }) => {
  let now = Date.now();
  const store = await openStore({ ...location, clock: () => now });
  const owner = await store.ensureUser('https://id.example', 'alice');
  for (let i = 0; i < 30; i++) await store.audit(owner, { action: 'old', result: 'done' });
  now += AUDIT_KEPT_MS;
  for (let i = 0; i < 2; i++) await store.audit(owner, { action: 'new', result: 'done' });
  const { items } = await store.listAudit(owner, { limit: 100 });
  assert.deepEqual(
    items.map(({ action }) => action),
    ['new', 'new'],
  );
  await store.close();
});
