import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { openStore } from '../../src/store/open-store.js';
import type {
  CookieHash,
  CredentialId,
  DeviceId,
  PairingTokenId,
  SignInId,
  UserId,
} from '../../src/store/ports/ids.js';
import { hashToken } from '../../src/store/ports/ids.js';
import type { Store } from '../../src/store/ports/store.js';
import { admit } from '../support/admit.js';
import { testEach } from './locations.js';

/** Every function of the store that acts for a user: those whose first parameter is one. */
type Owned = {
  [Name in keyof Store]: Parameters<Store[Name]>[0] extends UserId ? Name : never;
}[keyof Store];

/** One of everything that a user has. */
interface Ids {
  readonly device: DeviceId;
  readonly credential: CredentialId;
  readonly pairing: PairingTokenId;
  readonly signIn: SignInId;
}

const ALL = { limit: 1000 };
const LATER = Date.now() + 3_600_000;
const SIGN_IN = { sealed: 'sealed', expiresAt: LATER, idleMs: 60_000 };

/** Each of them, with ids of somebody else's. A function that is added needs its line here: the types say so. */
const calls: { readonly [Name in Owned]: (store: Store, owner: UserId, ids: Ids) => Promise<unknown> } = {
  provision: (store, owner) => store.provision(owner, ['cam']),
  listDevices: (store, owner) => store.listDevices(owner, ALL),
  findDevice: (store, owner, { device }) => store.findDevice(owner, device),
  updateDevice: (store, owner, { device }) =>
    store.updateDevice(owner, device, { name: 'x', labels: { a: '1' } }),
  revokeDevice: (store, owner, { device }) => store.revokeDevice(owner, device),
  rotateCredential: (store, owner, { device }) => store.rotateCredential(owner, device),
  deviceEvents: (store, owner, { device }) => store.deviceEvents(owner, device, ALL),
  addPairingToken: (store, owner) =>
    store.addPairingToken(owner, { hash: hashToken('own'), expiresAt: LATER }),
  listPairingTokens: (store, owner) => store.listPairingTokens(owner, ALL),
  revokePairingToken: (store, owner, { pairing }) => store.revokePairingToken(owner, pairing),
  mintPending: (store, owner, { pairing }) => store.mintPending(owner, pairing, { name: 'x' }),
  completePairing: async (store, owner, { pairing, credential }) => {
    const minted = await store.mintPending(owner, pairing, { name: 'x' });
    return [
      await store.completePairing(owner, pairing, minted.credentialId),
      await store.completePairing(owner, pairing, credential),
    ];
  },
  revokeCredential: (store, owner, { credential }) => store.revokeCredential(owner, credential),
  beginSignIn: (store, owner) =>
    store.beginSignIn(owner, { ...SIGN_IN, cookie: 'b'.repeat(64) as CookieHash }),
  touchSignIn: (store, owner, { signIn }) => store.touchSignIn(owner, signIn),
  claimRefresh: (store, owner, { signIn }) => store.claimRefresh(owner, signIn, 1000),
  resealSignIn: (store, owner, { signIn }) => store.resealSignIn(owner, signIn, 'other'),
  listSignIns: (store, owner) => store.listSignIns(owner, ALL),
  endSignIn: (store, owner, { signIn }) => store.endSignIn(owner, signIn),
  listAudit: (store, owner) => store.listAudit(owner, ALL),
};

/** Those that make something new, whose answer is an id of it. */
const MAKING: ReadonlySet<Owned> = new Set(['provision', 'addPairingToken', 'mintPending', 'beginSignIn']);

const NOTHING: Ids = {
  device: 'no-device' as DeviceId,
  credential: 'no-credential' as CredentialId,
  pairing: 'no-token' as PairingTokenId,
  signIn: 'no-sign-in' as SignInId,
};

describe('tenancy: whatever bob does, nothing of alice is seen or touched', () => {
  const cookie = 'a'.repeat(64) as CookieHash;
  const token = hashToken('pairing token of alice');

  async function populate(store: Store) {
    const alice = await store.ensureUser('https://id.example', 'alice');
    const bob = await store.ensureUser('https://id.example', 'bob');
    const [device] = await store.provision(alice, ['gate']);
    assert.ok(device !== undefined);
    const admission = await admit(store, device.sessionToken);
    assert.ok(admission !== undefined);
    const ids = {
      device: device.deviceId,
      credential: admission.credentialId,
      pairing: await store.addPairingToken(alice, { hash: token, expiresAt: LATER }),
      signIn: (await store.beginSignIn(alice, { ...SIGN_IN, cookie })).signInId,
    };
    return { alice, bob, ids };
  }

  /** All that alice can see, and what works for her. */
  async function everything(store: Store, alice: UserId, ids: Ids) {
    return {
      devices: await store.listDevices(alice, ALL),
      events: await store.deviceEvents(alice, ids.device, ALL),
      pairing: await store.listPairingTokens(alice, ALL),
      offer: await store.findPairing(token),
      signIns: await store.listSignIns(alice, ALL),
      audit: await store.listAudit(alice, ALL),
      signIn: await store.findSignIn(cookie),
      credentials: await store.activeCredentials([ids.credential]),
    };
  }

  for (const name of Object.keys(calls) as Owned[]) {
    testEach(name, async ({ location }) => {
      // A clock that stands: what is compared holds times.
      const now = Date.now();
      const store = await openStore({ ...location, clock: () => now });
      try {
        const { alice, bob, ids } = await populate(store);
        const before = await everything(store, alice, ids);
        const [changes, answer] = [await store.lastChange(), await calls[name](store, bob, ids)];
        assert.deepEqual(await everything(store, alice, ids), before);
        const seen = JSON.stringify(answer) ?? '';
        for (const id of [alice, ...Object.values(ids)]) assert.ok(!seen.includes(id), seen);
        assert.equal(await store.lastChange(), changes);
        if (!MAKING.has(name)) assert.deepEqual(answer, await calls[name](store, bob, NOTHING));
      } finally {
        await store.close();
      }
    });
  }
});
