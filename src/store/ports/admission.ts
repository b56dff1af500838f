import type { CredentialId, DeviceId, Epoch, TokenHash, UserId } from './ids.js';
import type { PairingOffer } from './pairing.js';

/** A device that may connect. */
export interface Admission {
  readonly deviceId: DeviceId;
  readonly userId: UserId;
  readonly credentialId: CredentialId;
  /** Greater than the epoch of every admission of this device before, by any process. */
  readonly epoch: Epoch;
}

/** What the tunnel needs to let a device in. */
export interface AdmissionPort {
  /**
   * Who presents these tokens (up to 1,000), in their order. Undefined, in the same time: it is unknown, revoked or expired.
   * The first use of a rotated token ends the one before, with its change.
   */
  connect(tokens: readonly TokenHash[]): Promise<(Admission | undefined)[]>;
  /** Which of these (up to 1,000) are neither revoked nor expired; for a reader of changes that has missed some. */
  activeCredentials(ids: readonly CredentialId[]): Promise<CredentialId[]>;
}

/** A device's session token that is good no more. */
export interface SpentCredential {
  readonly owner: UserId;
  readonly deviceId: DeviceId;
}

/** Whose it was that is refused: for the audit log, and asked beside the refusal. It decides nothing. */
export interface RefusalPort {
  /** Of these session tokens (up to 1,000), in their order; undefined: it is good, or was never anybody's. */
  spentCredentials(tokens: readonly TokenHash[]): Promise<(SpentCredential | undefined)[]>;
  /** Of a pairing token; undefined: it is good, or was never anybody's. */
  spentPairing(hash: TokenHash): Promise<PairingOffer | undefined>;
}
