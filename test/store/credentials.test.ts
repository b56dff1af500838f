import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open-store.js';
import { admit } from '../support/admit.js';
import { testEach } from './locations.js';

testEach(
  'B2: however often a device is given a new credential, few are kept, and those that are good work',
  async ({ location, rows }) => {
    const store = await openStore(location);
    const alice = await store.ensureUser('https://id.example', 'alice');
    const [first, other] = await store.provision(alice, ['cam', 'other']);
    assert.ok(first !== undefined && other !== undefined);
    let last = first.sessionToken;
    for (let i = 0; i < 60; i += 1) {
      const next = await store.rotateCredential(alice, first.deviceId);
      assert.ok(next !== undefined);
      last = next;
    }
    assert.ok((await rows('device_credentials')) <= 22, `${await rows('device_credentials')}`);
    // As it never had another one: the first is good until the new one is used.
    assert.equal((await admit(store, first.sessionToken))?.deviceId, first.deviceId);
    assert.equal((await admit(store, last))?.deviceId, first.deviceId);
    assert.equal(await admit(store, first.sessionToken), undefined);
    assert.equal((await admit(store, other.sessionToken))?.deviceId, other.deviceId);
    await store.close();
  },
);
