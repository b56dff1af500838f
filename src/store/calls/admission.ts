import type { TokenHash } from '../ids.js';
import type { Admission, AdmissionPort } from '../ports.js';
import { checkCount } from '../validate.js';
import type { Parts } from './parts.js';

export function admissionCalls({ engine, clock, devices, credentials, events }: Parts): AdmissionPort {
  const connect = (token: TokenHash): Promise<Admission | undefined> =>
    engine.write(function* () {
      const now = clock();
      const counted = yield* devices.countEpoch(token, now);
      // It may have been taken away while this waited for who did it.
      const credentialId = counted && (yield* credentials.find(token, now));
      if (credentialId === undefined || counted === undefined) return undefined;
      yield* events.add(counted.userId, counted.deviceId, 'online', now);
      return { ...counted, credentialId };
    });

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
