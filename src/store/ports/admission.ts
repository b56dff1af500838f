// The tunnel side admits devices by one port of this file, and by the other asks whose a refused token was.
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

/** The tunnel side's question whether a device may come in. */
export interface AdmissionPort {
  /**
   * Admits the devices that present these session tokens (1 to 1,000); the admissions are in the order of the tokens. Undefined:
   * the token is unknown, revoked or expired, which all take the same time. The first use of a rotated token revokes the one
   * before it, with its change.
   */
  connect(tokens: readonly TokenHash[]): Promise<(Admission | undefined)[]>;
  /** Those of these credentials (1 to 1,000) that are neither revoked nor expired; for a reader of changes that missed some. */
  activeCredentials(ids: readonly CredentialId[]): Promise<CredentialId[]>;
}

/** Whose a session token was that does not open a tunnel any more. */
export interface SpentCredential {
  readonly owner: UserId;
  readonly deviceId: DeviceId;
}

/** Whose a refused token was: the audit log needs it, and it is asked beside the refusal, which it does not decide. */
export interface RefusalPort {
  /** Whose these session tokens (1 to 1,000) were, in their order; undefined: the token is good, or never was anybody's. */
  spentCredentials(tokens: readonly TokenHash[]): Promise<(SpentCredential | undefined)[]>;
  /** Whose a pairing token was; undefined: the token is good, or never was anybody's. */
  spentPairing(hash: TokenHash): Promise<PairingOffer | undefined>;
}
