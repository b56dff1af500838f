import type { CredentialId, DeviceId, Epoch, TokenHash, UserId } from './ids.js';

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
