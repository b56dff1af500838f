import type { DeviceId, PairingTokenId, TokenHash, UserId } from '../ids.js';
import type { Page, PageRequest } from '../ports.js';

/** What became of a pairing token. */
export type PairingTokenState = 'pending' | 'used' | 'expired' | 'revoked';

/** A pairing token, without itself. Times are milliseconds since 1970. */
export interface PairingToken {
  readonly tokenId: PairingTokenId;
  readonly name?: string;
  readonly state: PairingTokenState;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** The device that was paired with it. */
  readonly deviceId?: DeviceId;
}

/** Pairing tokens of users. */
export interface PairingPort {
  /** Voids the owner's older unused token in the same transaction. */
  addPairingToken(
    owner: UserId,
    token: { readonly hash: TokenHash; readonly name?: string; readonly expiresAt: number },
  ): Promise<PairingTokenId>;
  listPairingTokens(
    owner: UserId,
    page: PageRequest<PairingTokenId>,
  ): Promise<Page<PairingToken, PairingTokenId>>;
  /** Only a pending one. */
  revokePairingToken(owner: UserId, token: PairingTokenId): Promise<boolean>;
}
