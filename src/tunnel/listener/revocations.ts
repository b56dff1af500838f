// Revocations close the tunnels of devices whose credentials became void.
import type { Logger } from '../../observability/log.js';
import type { AdmissionPort } from '../../store/ports/admission.js';
import type { Changes } from '../../store/ports/changes.js';
import { storeWhy } from '../../store/ports/errors.js';
import type { CredentialId, DeviceId } from '../../store/ports/ids.js';
import { REGISTRY_ASK_MS, type SessionRegistryRef } from '../registry/session-registry.js';

/** How many credentials one call of `activeCredentials` may be about. */
const CREDENTIALS_A_QUESTION = 1000;

/** Follows the store's feed of changes, which tells of revocations by any process (03-identity.md §3.3). */
export class Revocations {
  readonly #store: AdmissionPort;
  readonly #sessions: SessionRegistryRef;
  readonly #log: Logger;

  constructor(store: AdmissionPort, sessions: SessionRegistryRef, log: Logger) {
    this.#store = store;
    this.#sessions = sessions;
    this.#log = log;
  }

  /** Handles changes from the store's feed. */
  changed({ changes, missed }: Changes): void {
    for (const change of changes) {
      if (change.kind !== 'sign-in-ended') this.#revoke(change.deviceId, change.credentialId);
    }
    if (!missed) return;
    this.#checkAll().catch((error: unknown) => {
      this.#log.error(storeWhy(error), 'sessions could not be checked against the store');
    });
  }

  /** Asks the store about every session, after the feed has dropped changes. */
  async #checkAll(): Promise<void> {
    const held = await this.#sessions.ask('credentials', undefined, REGISTRY_ASK_MS);
    for (let at = 0; at < held.length; at += CREDENTIALS_A_QUESTION) {
      const part = held.slice(at, at + CREDENTIALS_A_QUESTION);
      const active = new Set(await this.#store.activeCredentials(part.map((entry) => entry.credentialId)));
      for (const { deviceId, credentialId } of part) {
        if (!active.has(credentialId)) this.#revoke(deviceId, credentialId);
      }
    }
  }

  #revoke(deviceId: DeviceId, credentialId: CredentialId | undefined): void {
    if (this.#sessions.tell({ kind: 'revoke', deviceId, credentialId })) return;
    this.#log.error({ deviceId }, 'a revocation could not be delivered');
  }
}
