// These calls let devices in, and tell who the owner of a refused token was.
import type { Transaction } from '../engine/engine.js';
import type { Admission, AdmissionPort, RefusalPort } from '../ports/admission.js';
import type { DeviceId, TokenHash, UserId } from '../ports/ids.js';
import { checkCount } from '../ports/validate.js';
import type { StoreContext } from './context.js';

/** The calls that admit devices. */
export function admissionCalls(context: StoreContext): AdmissionPort {
  const { engine, clock, devices, credentials, events, changes, audit } = context;

  const connect = (token: TokenHash): Promise<Admission | undefined> =>
    engine.write(function* () {
      const now = clock();
      const counted = yield* devices.countEpoch(token, now);
      // While this waited for the device's row, the transaction that held it may have revoked the credential.
      const credential = counted && (yield* credentials.find(token, now));
      if (credential === undefined || counted === undefined) return undefined;
      const { userId, deviceId } = counted;
      yield* events.add(userId, deviceId, 'online', now);
      if (credential.retires) yield* retire(userId, deviceId, now);
      return { ...counted, credentialId: credential.id };
    });

  /**
   * Revokes the credentials that lived on beside the device's new one: the device has just used the new one, so it needs them no
   * longer.
   */
  function* retire(owner: UserId, device: DeviceId, now: number): Transaction<void> {
    const retired = yield* credentials.retire(owner, device, now);
    const entry = { actor: 'device', action: 'credential.revoked', target: device, result: 'done' } as const;
    yield* audit.add(owner, entry, now);
    for (const old of retired) yield* changes.append(owner, 'credential-revoked', device, now, old);
  }

  return {
    // Each token has a transaction of its own: one that waits for a device's row holds up no other, and two processes that
    // admit the same devices in different orders cannot deadlock.
    async connect(tokens) {
      checkCount('tokens to connect with', tokens.length);
      return Promise.all(tokens.map(connect));
    },

    async activeCredentials(ids) {
      checkCount('credentials to check', ids.length);
      return engine.read(() => credentials.active(ids, clock()));
    },
  };
}

/** The calls that tell who the owner of a refused token was. */
export function refusalCalls({ engine, clock, credentials, pairingTokens }: StoreContext): RefusalPort {
  return {
    async spentCredentials(tokens) {
      checkCount('tokens that were refused', tokens.length);
      return engine.read(() => credentials.spent(tokens, clock()));
    },

    spentPairing: (hash) => engine.read(() => pairingTokens.findSpent(hash, clock())),
  };
}
