import type { CredentialId, DeviceId, IdSource, PairingTokenId, TokenHash, UserId } from './ids.js';
import type { PairedDevice } from './ports/pairing.js';
import type { Database } from './sqlite.js';
import { statement } from './statement.js';

/** How long a pairing may be under way, in ms: far longer than any; what is older was left by a process that ended. */
const MAX_AGE_MS = 10 * 60_000;

/** Rows that were left and are deleted when one is added: more than are added, so that they do not pile up. */
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
 * The rows of devices whose pairing is under way. They are in a table of their own, so that no other question about devices
 * and credentials can find them.
 */
export class PendingDevices {
  readonly #ids: IdSource;
  readonly #insert;
  readonly #prune;
  readonly #find;
  readonly #drop;
  readonly #dropAll;

  constructor(db: Database, ids: IdSource) {
    this.#ids = ids;
    this.#insert = statement<
      [
        credential: CredentialId,
        device: DeviceId,
        owner: UserId,
        token: PairingTokenId,
        hash: TokenHash,
        name: string,
        model: string | null,
        serial: string | null,
        createdAt: number,
      ]
    >(
      db,
      `INSERT INTO pending_devices
         (credential_id, device_id, user_id, pairing_token_id, token_hash, name, model, serial, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#prune = statement<[before: number, limit: number]>(
      db,
      `DELETE FROM pending_devices WHERE credential_id IN
         (SELECT credential_id FROM pending_devices WHERE created_at <= ? ORDER BY created_at LIMIT ?)`,
    );
    this.#find = statement<[credential: CredentialId, owner: UserId, token: PairingTokenId], Row>(
      db,
      `SELECT device_id, token_hash, name, model, serial
       FROM pending_devices WHERE credential_id = ? AND user_id = ? AND pairing_token_id = ?`,
    );
    this.#drop = statement<[credential: CredentialId, owner: UserId]>(
      db,
      'DELETE FROM pending_devices WHERE credential_id = ? AND user_id = ?',
    );
    this.#dropAll = statement<[token: PairingTokenId]>(
      db,
      'DELETE FROM pending_devices WHERE pairing_token_id = ?',
    );
  }

  add(
    owner: UserId,
    token: PairingTokenId,
    hash: TokenHash,
    { name, model, serial }: PairedDevice,
    now: number,
  ): Pick<PendingRow, 'deviceId' | 'credentialId'> {
    this.#prune.run(now - MAX_AGE_MS, PRUNED_AT_ONCE);
    const [deviceId, credentialId] = [this.#ids.next() as DeviceId, this.#ids.next() as CredentialId];
    this.#insert.run(credentialId, deviceId, owner, token, hash, name, model ?? null, serial ?? null, now);
    return { deviceId, credentialId };
  }

  find(owner: UserId, token: PairingTokenId, credentialId: CredentialId): PendingRow | undefined {
    const row = this.#find.get(credentialId, owner, token);
    if (row === undefined) return undefined;
    const { device_id: deviceId, token_hash: hash, name, model, serial } = row;
    const told = { ...(model !== null && { model }), ...(serial !== null && { serial }) };
    return { deviceId, credentialId, hash, name, ...told };
  }

  /** False: it is not there. */
  drop(owner: UserId, credential: CredentialId): boolean {
    return this.#drop.run(credential, owner) === 1;
  }

  /** Drops whatever was made for a token, once that is used. */
  dropAll(token: PairingTokenId): void {
    this.#dropAll.run(token);
  }
}
