// These calls add, list, find and revoke devices, for users and for the operator.
import type { Transaction } from '../engine/engine.js';
import type { DevicePort, OperatorPort, ProvisionedDevice } from '../ports/devices.js';
import { hashToken, newSessionToken, type UserId } from '../ports/ids.js';
import { checkCount, checkNames } from '../ports/validate.js';
import type { StoreContext } from './context.js';

/** The calls about the devices of users, and those of the operator about all devices. */
export function deviceCalls(context: StoreContext): DevicePort & OperatorPort {
  const { engine, clock, devices, credentials, events, changes, audit } = context;

  function* add(owner: UserId, name: string, expiresAt: number | undefined): Transaction<ProvisionedDevice> {
    const now = clock();
    const sessionToken = newSessionToken();
    const deviceId = yield* devices.add(owner, name, now);
    yield* credentials.add(owner, deviceId, hashToken(sessionToken), now, expiresAt);
    yield* events.add(owner, deviceId, 'added', now);
    return { deviceId, sessionToken };
  }

  return {
    async provision(owner, names, expiresAt, by) {
      checkNames(names);
      return engine.write(function* () {
        const added: ProvisionedDevice[] = [];
        for (const name of names) {
          const device = yield* add(owner, name, expiresAt);
          const entry = { ...by, action: 'device.added', target: device.deviceId, result: 'done' } as const;
          yield* audit.add(owner, entry, clock());
          added.push(device);
        }
        return added;
      });
    },

    async listDevices(owner, page) {
      checkCount('devices a page', page.limit);
      return engine.read(() => devices.list(owner, page));
    },

    findDevice: (owner, device) => engine.read(() => devices.find(owner, device)),

    revokeDevice: (owner, device, by) =>
      engine.write(function* () {
        const now = clock();
        if (!(yield* devices.revoke(owner, device, now))) return false;
        yield* credentials.revokeAll(owner, device, now);
        yield* audit.add(owner, { ...by, action: 'device.revoked', target: device, result: 'done' }, now);
        yield* changes.append(owner, 'device-revoked', device, now);
        return true;
      }),

    async listAllDevices(page, which = {}) {
      checkCount('devices a page', page.limit);
      return engine.read(() => devices.listAll(page, which));
    },

    ownerOf: (device) => engine.read(() => devices.ownerOf(device)),
  };
}
