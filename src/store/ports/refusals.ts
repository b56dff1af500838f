import type { DeviceId, TokenHash, UserId } from './ids.js';
import type { PairingOffer } from './pairing.js';

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
