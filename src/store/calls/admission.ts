import type { Transaction } from '../engine/engine.js';
import type { Admission, AdmissionPort, RefusalPort } from '../ports/admission.js';
import type { DeviceId, TokenHash, UserId } from '../ports/ids.js';
import { checkCount } from '../ports/validate.js';
import type { StoreContext } from './context.js';

export function admissionCalls(context: StoreContext): AdmissionPort {
  const { engine, clock, devices, credentials, events, changes, audit } = context;

  const connect = (token: TokenHash): Promise<Admission | undefined> =>
    engine.write(function* () {
      const now = clock();
      const counted = yield* devices.countEpoch(token, now);
      // It may have been taken away while this waited for who did it.
      const credential = counted && (yield* credentials.find(token, now));
      if (credential === undefined || counted === undefined) return undefined;
      const { userId, deviceId } = counted;
      yield* events.add(userId, deviceId, 'online', now);
      if (credential.retires) yield* retire(userId, deviceId, now);
      return { ...counted, credentialId: credential.id };
    });

  /** The device has its new credential: the one before is over. */
  function* retire(owner: UserId, device: DeviceId, now: number): Transaction<void> {
    const retired = yield* credentials.retire(owner, device, now);
    const entry = { actor: 'device', action: 'credential.revoked', target: device, result: 'done' } as const;
    yield* audit.add(owner, entry, now);
    for (const old of retired) yield* changes.append(owner, 'credential-revoked', device, now, old);
  }

  return {
    // A transaction each: one that waits for a device's row holds up no other, and two fleets cannot lock each other out.
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

export function refusalCalls({ engine, clock, credentials, pairingTokens }: StoreContext): RefusalPort {
  return {
    async spentCredentials(tokens) {
      checkCount('tokens that were refused', tokens.length);
      return engine.read(() => credentials.spent(tokens, clock()));
    },

    spentPairing: (hash) => engine.read(() => pairingTokens.findSpent(hash, clock())),
  };
}
