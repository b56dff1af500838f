import type { AdmissionPort } from '../ports.js';
import { checkCount } from '../validate.js';
import type { Parts } from './parts.js';

export function admissionCalls({ engine, clock, devices, credentials, events }: Parts): AdmissionPort {
  return {
    connect: (token) =>
      engine.write(function* () {
        const now = clock();
        const counted = yield* devices.countEpoch(token, now);
        // It may have been taken away while this waited for who did it.
        const credentialId = counted && (yield* credentials.find(token, now));
        if (credentialId === undefined || counted === undefined) return undefined;
        yield* events.add(counted.userId, counted.deviceId, 'online', now);
        return { ...counted, credentialId };
      }),

    async activeCredentials(ids) {
      checkCount('credentials to check', ids.length);
      return engine.read(() => credentials.active(ids, clock()));
    },
  };
}
