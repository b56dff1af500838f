// AdmissionPort admits devices, and RefusalPort tells who the owner of a refused token was.
import type { CredentialId, DeviceId, Epoch, TokenHash, UserId } from './ids.js';
import type { PairingOffer } from './pairing.js';

/** A device that may connect. */
export interface Admission {
  readonly deviceId: DeviceId;
  readonly userId: UserId;
  readonly credentialId: CredentialId;
  /** Greater than the epoch of every earlier admission of this device, by any process. */
  readonly epoch: Epoch;
}

/** The call by which the tunnel side asks whether devices may connect. */
export interface AdmissionPort {
  /**
   * Admits the devices that present these session tokens (1 to 1,000); the admissions are in the order of the tokens. Undefined:
   * the token is unknown, revoked or expired; all three answers take the same time. The first use of a rotated token revokes the
   * older token, and writes the change.
   */
  connect(tokens: readonly TokenHash[]): Promise<(Admission | undefined)[]>;
  /** Those of these credentials (1 to 1,000) that are neither revoked nor expired: for a reader that missed changes. */
  activeCredentials(ids: readonly CredentialId[]): Promise<CredentialId[]>;
}

/** The owner of a session token that does not open a tunnel any more. */
export interface SpentCredential {
  readonly owner: UserId;
  readonly deviceId: DeviceId;
}

/** Tells who the owner of a refused token was, for the audit log. It is asked beside the refusal and does not decide it. */
export interface RefusalPort {
  /** The owners of these session tokens (1 to 1,000), in their order; undefined: the token is good, or was never given out. */
  spentCredentials(tokens: readonly TokenHash[]): Promise<(SpentCredential | undefined)[]>;
  /** The owner of a pairing token; undefined: the token is good, or was never given out. */
  spentPairing(hash: TokenHash): Promise<PairingOffer | undefined>;
}
