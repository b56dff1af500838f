// WRITES are all kinds of write that a store makes, each with what shows that it was done.
import { randomBytes } from 'node:crypto';
import {
  type CookieHash,
  type DeviceId,
  hashToken,
  type SessionToken,
  type TokenHash,
  type UserId,
} from '../../src/store/ports/ids.js';
import type { Store } from '../../src/store/ports/store.js';
import { admit } from '../support/admit.js';

/** What shows that a write was done: so many rows, as what follows `SELECT count(*) FROM`. */
export type Part = readonly [rows: string, count: number];

/** One write that is about to be made, and what shows that it was done. */
export interface Write {
  readonly make: (store: Store) => Promise<unknown>;
  /** All of them or none: a write is whole. Before it, none of them is so. */
  readonly parts: readonly Part[];
}

/** Makes what a write needs, of its own. */
export type Prepare = (store: Store, owner: UserId) => Promise<Write>;

const HOUR = 3_600_000;

const secret = () => randomBytes(16).toString('hex');
const cookie = () => hashToken(secret()) as string as CookieHash;

async function device(store: Store, owner: UserId): Promise<{ id: DeviceId; token: SessionToken }> {
  const [made] = await store.provision(owner, ['cam']);
  if (made === undefined) throw new Error('no device was made');
  return { id: made.deviceId, token: made.sessionToken };
}

async function signedIn(store: Store, owner: UserId): Promise<string> {
  const signIn = { cookie: cookie(), sealed: 'sealed', expiresAt: Date.now() + HOUR, idleMs: HOUR };
  await store.beginSignIn(owner, signIn);
  const found = await store.findSignIn(signIn.cookie);
  if (found === undefined) throw new Error('nobody is signed in');
  return found.signInId;
}

async function pairingToken(store: Store, owner: UserId): Promise<{ id: string; hash: TokenHash }> {
  const hash = hashToken(secret());
  return { id: await store.addPairingToken(owner, { hash, expiresAt: Date.now() + HOUR }), hash };
}

const gone = (rows: string): Part => [`(SELECT 1 AS x WHERE NOT EXISTS (SELECT 1 FROM ${rows})) AS t`, 1];

/** Every write of the ports whose repetition is not the same as to do it once, by its name. */
export const WRITES: Readonly<Record<string, Prepare>> = {
  async provision(_store, owner) {
    const name = secret();
    const those = `(SELECT id FROM devices WHERE user_id = '${owner}' AND name = '${name}')`;
    return {
      make: (store) => store.provision(owner, [name, name, name]),
      parts: [
        [`devices WHERE user_id = '${owner}' AND name = '${name}'`, 3],
        [`device_credentials WHERE user_id = '${owner}' AND device_id IN ${those}`, 3],
        [`device_events WHERE user_id = '${owner}' AND device_id IN ${those}`, 3],
        [`audit_log WHERE user_id = '${owner}' AND target IN ${those}`, 3],
      ],
    };
  },

  async updateDevice(prepared, owner) {
    const { id } = await device(prepared, owner);
    const name = secret();
    return {
      make: (store) => store.updateDevice(owner, id, { name }),
      parts: [
        [`devices WHERE id = '${id}' AND name = '${name}'`, 1],
        eventOf(owner, id, 'renamed'),
        entryOf(owner, id, 'device.updated'),
      ],
    };
  },

  async rotateCredential(prepared, owner) {
    const { id } = await device(prepared, owner);
    return {
      make: (store) => store.rotateCredential(owner, id),
      parts: [
        [`device_credentials WHERE user_id = '${owner}' AND device_id = '${id}' AND superseded_at > 0`, 1],
        eventOf(owner, id, 'credential-rotated'),
        entryOf(owner, id, 'credential.rotated'),
      ],
    };
  },

  async revokeDevice(prepared, owner) {
    const { id } = await device(prepared, owner);
    return {
      make: (store) => store.revokeDevice(owner, id),
      parts: [
        [`devices WHERE id = '${id}' AND revoked_at > 0`, 1],
        [`device_credentials WHERE user_id = '${owner}' AND device_id = '${id}' AND revoked_at > 0`, 1],
        entryOf(owner, id, 'device.revoked'),
        [`changes WHERE subject_id = '${id}'`, 1],
      ],
    };
  },

  async recordOffline(prepared, owner) {
    const { id, token } = await device(prepared, owner);
    const admission = await admit(prepared, token);
    if (admission === undefined) throw new Error('the device is not let in');
    return {
      make: (store) => store.recordOffline([{ userId: owner, deviceId: id, epoch: admission.epoch }]),
      parts: [eventOf(owner, id, 'offline')],
    };
  },

  async addPairingToken(_store, owner) {
    const hash = hashToken(secret());
    const those = `(SELECT id FROM pairing_tokens WHERE token_hash = '${hash}')`;
    return {
      make: (store) => store.addPairingToken(owner, { hash, expiresAt: Date.now() + HOUR }),
      parts: [
        [`pairing_tokens WHERE token_hash = '${hash}'`, 1],
        [`audit_log WHERE user_id = '${owner}' AND target IN ${those}`, 1],
      ],
    };
  },

  async revokePairingToken(prepared, owner) {
    const { id } = await pairingToken(prepared, owner);
    return {
      make: (store) => store.revokePairingToken(owner, id as never),
      parts: [
        [`pairing_tokens WHERE id = '${id}' AND revoked_at > 0`, 1],
        entryOf(owner, id, 'pairing-token.revoked'),
      ],
    };
  },

  async completePairing(prepared, owner) {
    const { id } = await pairingToken(prepared, owner);
    const minted = await prepared.mintPending(owner, id as never, { name: 'cam' });
    const { deviceId, credentialId } = minted;
    return {
      make: (store) => store.completePairing(owner, id as never, credentialId),
      parts: [
        [`pairing_tokens WHERE id = '${id}' AND used_at > 0`, 1],
        [`devices WHERE id = '${deviceId}'`, 1],
        [`device_credentials WHERE id = '${credentialId}'`, 1],
        eventOf(owner, deviceId, 'paired'),
        entryOf(owner, deviceId, 'device.paired'),
        gone(`pending_devices WHERE credential_id = '${credentialId}'`),
      ],
    };
  },

  async spendState() {
    const [browser, stateHash] = [cookie(), secret()];
    return {
      make: (store) => store.spendState(browser, stateHash, Date.now() + HOUR),
      parts: [[`spent_sign_ins WHERE hash = '${stateHash}'`, 1]],
    };
  },

  async beginSignIn(_store, owner) {
    const signIn = { cookie: cookie(), sealed: 'sealed', expiresAt: Date.now() + HOUR, idleMs: HOUR };
    const those = `(SELECT id FROM sign_ins WHERE cookie_hash = '${signIn.cookie}')`;
    return {
      make: (store) => store.beginSignIn(owner, signIn),
      parts: [
        [`sign_ins WHERE cookie_hash = '${signIn.cookie}'`, 1],
        [`audit_log WHERE user_id = '${owner}' AND target IN ${those}`, 1],
      ],
    };
  },

  async claimRefresh(prepared, owner) {
    const id = await signedIn(prepared, owner);
    return {
      make: (store) => store.claimRefresh(owner, id as never, HOUR),
      parts: [[`sign_ins WHERE id = '${id}' AND claimed_until > 0`, 1]],
    };
  },

  async endSignIn(prepared, owner) {
    const id = await signedIn(prepared, owner);
    return {
      make: (store) => store.endSignIn(owner, id as never),
      parts: [
        gone(`sign_ins WHERE id = '${id}'`),
        entryOf(owner, id, 'sign-in.ended'),
        [`changes WHERE subject_id = '${id}'`, 1],
      ],
    };
  },

  async audit(_store, owner) {
    const target = secret();
    return {
      make: (store) => store.audit(owner, { action: 'test.done', target, result: 'done' }),
      parts: [entryOf(owner, target, 'test.done')],
    };
  },
};

function eventOf(owner: UserId, id: DeviceId, kind: string): Part {
  return [`device_events WHERE user_id = '${owner}' AND device_id = '${id}' AND kind = '${kind}'`, 1];
}

function entryOf(owner: UserId, target: string, action: string): Part {
  return [`audit_log WHERE user_id = '${owner}' AND target = '${target}' AND action = '${action}'`, 1];
}
