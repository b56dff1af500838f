// These calls pair devices.
import type { Transaction } from '../engine/engine.js';
import { StoreError } from '../ports/errors.js';
import { hashToken, newSessionToken, type UserId } from '../ports/ids.js';
import { MAX_LIVE_PAIRING_TOKENS, type PairingPort } from '../ports/pairing.js';
import { checkCount, checkNames, checkPairedDevice } from '../ports/validate.js';
import type { StoreContext } from './context.js';

/** The calls that make pairing tokens and pair devices with them. */
export function pairingCalls(context: StoreContext): PairingPort {
  const { engine, clock, users, devices, credentials, events, pairingTokens, pendingDevices } = context;
  const { changes, audit, devicesOfUser } = context;

  /**
   * Checks that the user may have one more device. The caller has locked the user's row, so that no other pairing adds one
   * meanwhile.
   * @throws StoreError ERR_STORE_LIMIT
   */
  function* checkDevices(owner: UserId): Transaction<void> {
    if ((yield* devices.live(owner)) >= devicesOfUser)
      throw limitReached(`${devicesOfUser} devices: unpair one`);
  }

  return {
    async addPairingToken(owner, token, by) {
      if (token.name !== undefined) checkNames([token.name]);
      return engine.write(function* () {
        const now = clock();
        yield* users.lock(owner);
        yield* checkDevices(owner);
        if ((yield* pairingTokens.live(owner, now)) >= MAX_LIVE_PAIRING_TOKENS) {
          throw limitReached(`${MAX_LIVE_PAIRING_TOKENS} pairing codes that may be used: use or revoke one`);
        }
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
        // Pairings of one user that run at once wait here: the one that goes on needs nothing that the others hold.
        yield* users.lock(owner);
        const use = yield* pairingTokens.lock(owner, token, now);
        if (use === undefined) return false;
        const pending = yield* pendingDevices.lock(owner, token, credential);
        if (pending === undefined) return false;
        yield* checkDevices(owner);
        yield* pairingTokens.use(owner, token, pending.deviceId, use.last ? now : undefined);
        yield* devices.addPaired(owner, { ...pending, name: use.name ?? pending.name }, now);
        yield* credentials.addPaired(owner, pending, now);
        if (use.last) yield* pendingDevices.dropAll(owner, token);
        else yield* pendingDevices.drop(owner, credential);
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

function limitReached(what: string): StoreError {
  return new StoreError('ERR_STORE_LIMIT', `you have ${what} first`);
}
