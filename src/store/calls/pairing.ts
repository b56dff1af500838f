import { hashToken, newSessionToken } from '../ids.js';
import type { PairingPort } from '../ports/pairing.js';
import { checkCount, checkNames, checkPairedDevice } from '../validate.js';
import type { Parts } from './parts.js';

export function pairingCalls(parts: Parts): PairingPort {
  const { engine, clock, users, devices, credentials, events, pairingTokens, pendingDevices } = parts;
  const { changes, audit } = parts;
  return {
    async addPairingToken(owner, token, by) {
      if (token.name !== undefined) checkNames([token.name]);
      return engine.write(function* () {
        const now = clock();
        yield* users.lock(owner);
        const id = yield* pairingTokens.add(owner, token, now);
        yield* audit.add(owner, { ...by, action: 'pairing-token.added', target: id, result: 'done' }, now);
        return id;
      });
    },

    async listPairingTokens(owner, page) {
      checkCount('pairing tokens a page', page.limit);
      return engine.read(() => pairingTokens.list(owner, page, clock()));
    },

    revokePairingToken: (owner, token, by) =>
      engine.write(function* () {
        const now = clock();
        if (!(yield* pairingTokens.revoke(owner, token, now))) return false;
        yield* audit.add(
          owner,
          { ...by, action: 'pairing-token.revoked', target: token, result: 'done' },
          now,
        );
        return true;
      }),

    findPairing: (hash) => engine.read(() => pairingTokens.find(hash, clock())),

    async mintPending(owner, token, device) {
      checkPairedDevice(device);
      return engine.write(function* () {
        const sessionToken = newSessionToken();
        const hash = hashToken(sessionToken);
        const minted = yield* pendingDevices.add(owner, token, hash, device, clock());
        return { ...minted, sessionToken };
      });
    },

    completePairing: (owner, token, credential, by) =>
      engine.write(function* () {
        const now = clock();
        // Of many at once, one has the token and the others wait here, holding nothing that it needs.
        if (!(yield* pairingTokens.lock(owner, token, now))) return false;
        const pending = yield* pendingDevices.lock(owner, token, credential);
        if (pending === undefined) return false;
        yield* pairingTokens.use(owner, token, pending.deviceId, now);
        yield* devices.addPaired(owner, pending, now);
        yield* credentials.addPaired(owner, pending, now);
        yield* pendingDevices.dropAll(owner, token);
        yield* events.add(owner, pending.deviceId, 'paired', now);
        const entry = { action: 'device.paired', target: pending.deviceId, result: 'done' } as const;
        yield* audit.add(owner, { actor: 'device', ...by, ...entry }, now);
        return true;
      }),

    revokeCredential: (owner, credential, by) =>
      engine.write(function* () {
        if (yield* pendingDevices.drop(owner, credential)) return true;
        const device = yield* credentials.deviceOf(owner, credential);
        if (device === undefined) return false;
        const now = clock();
        yield* devices.lock(owner, device);
        if (!(yield* credentials.revoke(owner, credential, now))) return false;
        yield* audit.add(owner, { ...by, action: 'credential.revoked', target: device, result: 'done' }, now);
        yield* changes.append(owner, 'credential-revoked', device, now, credential);
        return true;
      }),
  };
}
