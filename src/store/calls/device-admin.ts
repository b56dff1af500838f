// These calls change one device of a user, and write and read its history.
import type { DeviceAdminPort, DeviceEventPort } from '../ports/devices.js';
import { hashToken, newSessionToken } from '../ports/ids.js';
import { checkCount, checkDeviceUpdate } from '../ports/validate.js';
import type { StoreContext } from './context.js';

/** The calls that change one device, and those of its history. */
export function deviceAdminCalls(context: StoreContext): DeviceAdminPort & DeviceEventPort {
  const { engine, clock, devices, credentials, events, changes, audit } = context;
  return {
    async updateDevice(owner, device, update, by) {
      checkDeviceUpdate(update);
      return engine.write(function* () {
        if (!(yield* devices.update(owner, device, update))) return undefined;
        const now = clock();
        if (update.name !== undefined) yield* events.add(owner, device, 'renamed', now);
        if (update.labels !== undefined) yield* events.add(owner, device, 'labelled', now);
        yield* audit.add(owner, { ...by, action: 'device.updated', target: device, result: 'done' }, now);
        return yield* devices.find(owner, device);
      });
    },

    rotateCredential: (owner, device, by) =>
      engine.write(function* () {
        if (!(yield* devices.lock(owner, device))) return undefined;
        const now = clock();
        const sessionToken = newSessionToken();
        const revoked = yield* credentials.supersede(owner, device, now);
        yield* credentials.add(owner, device, hashToken(sessionToken), now, undefined);
        yield* credentials.forgetRevoked(owner, device);
        yield* events.add(owner, device, 'credential-rotated', now);
        yield* audit.add(owner, { ...by, action: 'credential.rotated', target: device, result: 'done' }, now);
        for (const old of revoked) yield* changes.append(owner, 'credential-revoked', device, now, old);
        return sessionToken;
      }),

    async deviceEvents(owner, device, page) {
      checkCount('events a page', page.limit);
      return engine.read(() => events.list(owner, device, page));
    },

    async recordOffline(ended) {
      checkCount('events to record', ended.length);
      return engine.write(function* () {
        const now = clock();
        for (const tunnel of ended) yield* events.addOffline(tunnel.userId, tunnel, now);
      });
    },
  };
}
