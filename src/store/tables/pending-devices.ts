// PendingDeviceTable holds devices whose pairing is under way.
import { one, run, type Transaction } from '../engine/engine.js';
import type { CredentialId, DeviceId, IdSource, PairingTokenId, TokenHash, UserId } from '../ports/ids.js';
import type { PairedDevice } from '../ports/pairing.js';

/** How long a pairing may be under way, in ms: far longer than any takes. A process that ended has left the older rows. */
const MAX_AGE_MS = 10 * 60_000;

/** The most old rows that adding a row deletes: more than one, so that they do not pile up. */
const PRUNED_AT_ONCE = 20;

/** A device with its credential, before its pairing is complete. */
export interface PendingRow extends PairedDevice {
  readonly deviceId: DeviceId;
  readonly credentialId: CredentialId;
  readonly hash: TokenHash;
}

interface Row {
  device_id: DeviceId;
  token_hash: TokenHash;
  name: string;
  model: string | null;
  serial: string | null;
}

/**
 * The table of pending devices. A row is a device with its credential whose pairing is under way. These rows have a table of
 * their own, so that no other query about devices and credentials can find them.
 */
export class PendingDeviceTable {
  readonly #ids: IdSource;

  constructor(ids: IdSource) {
    this.#ids = ids;
  }

  *add(
    owner: UserId,
    token: PairingTokenId,
    hash: TokenHash,
    device: PairedDevice,
    now: number,
  ): Transaction<Pick<PendingRow, 'deviceId' | 'credentialId'>> {
    const { name, model = null, serial = null } = device;
    yield* run(
      `DELETE FROM pending_devices WHERE credential_id IN
         (SELECT credential_id FROM pending_devices WHERE created_at <= ? ORDER BY created_at LIMIT ?)`,
      now - MAX_AGE_MS,
      PRUNED_AT_ONCE,
    );
    const [deviceId, credentialId] = [this.#ids.next() as DeviceId, this.#ids.next() as CredentialId];
    yield* run(
      `INSERT INTO pending_devices
         (credential_id, device_id, user_id, pairing_token_id, token_hash, name, model, serial, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      credentialId,
      deviceId,
      owner,
      token,
      hash,
      name,
      model,
      serial,
      now,
    );
    return { deviceId, credentialId };
  }

  /**
   * Keeps a pending device from being deleted until the transaction is over, and answers it. Undefined: the device is not there.
   */
  *lock(
    owner: UserId,
    token: PairingTokenId,
    credentialId: CredentialId,
  ): Transaction<PendingRow | undefined> {
    const row = yield* one<Row>(
      `UPDATE pending_devices SET name = name
       WHERE user_id = ? AND credential_id = ? AND pairing_token_id = ?
       RETURNING device_id, token_hash, name, model, serial`,
      owner,
      credentialId,
      token,
    );
    if (row === undefined) return undefined;
    const { device_id: deviceId, token_hash: hash, name, model, serial } = row;
    const description = { ...(model !== null && { model }), ...(serial !== null && { serial }) };
    return { deviceId, credentialId, hash, name, ...description };
  }

  /** Deletes a pending device. False: the device is not there. */
  *drop(owner: UserId, credential: CredentialId): Transaction<boolean> {
    const dropped = yield* run(
      'DELETE FROM pending_devices WHERE user_id = ? AND credential_id = ?',
      owner,
      credential,
    );
    return dropped === 1;
  }

  /** Deletes all pending devices of a token, once the token is used up. */
  *dropAll(owner: UserId, token: PairingTokenId): Transaction<void> {
    yield* run('DELETE FROM pending_devices WHERE user_id = ? AND pairing_token_id = ?', owner, token);
  }
}
