// Devices become a user's by pairing; this is its port.
import type { Requester } from './audit.js';
import type { CredentialId, DeviceId, PairingTokenId, SessionToken, TokenHash, UserId } from './ids.js';
import type { ListPage, PageRequest } from './page.js';

/** The most usable pairing tokens of one user: as many as a person has use for at one time. */
export const MAX_LIVE_PAIRING_TOKENS = 20;

export interface NewPairingToken {
  readonly hash: TokenHash;
  /** The name of the device to come, with a number if the token is for several; absent: the name that the device says. */
  readonly name?: string;
  /** How many devices the token may pair. Default: 1. */
  readonly uses?: number;
  readonly expiresAt: number;
}

/** What became of a pairing token. `used`: it paired all devices that it was for. */
export type PairingTokenState = 'pending' | 'used' | 'expired' | 'revoked';

/** A pairing token, as its owner sees it. */
export interface PairingToken {
  readonly tokenId: PairingTokenId;
  readonly name?: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly state: PairingTokenState;
  /** How many devices the token is for. */
  readonly uses: number;
  /** How many devices it has paired. */
  readonly used: number;
  /** The device that used it last. */
  readonly deviceId?: DeviceId;
}

/** A pairing token that may be used, and whose it is. */
export interface PairingOffer {
  readonly tokenId: PairingTokenId;
  readonly owner: UserId;
}

/** What a device that is about to be paired says of itself. */
export interface PairedDevice {
  readonly name: string;
  readonly model?: string;
  readonly serial?: string;
}

/** A device and its credential that are good for nothing yet, with the session token, which is never shown again. */
export interface PendingDevice {
  readonly deviceId: DeviceId;
  readonly credentialId: CredentialId;
  readonly sessionToken: SessionToken;
}

/** How devices become a user's. */
export interface PairingPort {
  /**
   * Adds a pairing token. Rejects with ERR_STORE_LIMIT where the owner has {@link MAX_LIVE_PAIRING_TOKENS} usable ones, or as
   * many devices as a user may have.
   */
  addPairingToken(owner: UserId, token: NewPairingToken, by?: Requester): Promise<PairingTokenId>;
  /** The pairing tokens of a user, oldest first. */
  listPairingTokens(
    owner: UserId,
    page: PageRequest<PairingTokenId>,
  ): Promise<ListPage<PairingToken, PairingTokenId>>;
  /** Revokes a pairing token. False: no such token of this user, or it is not pending any more. */
  revokePairingToken(owner: UserId, token: PairingTokenId, by?: Requester): Promise<boolean>;
  /** The offer of a token, which is all that an exchange knows. Undefined, in the same time: unknown, used, expired or revoked. */
  findPairing(hash: TokenHash): Promise<PairingOffer | undefined>;
  /** Adds a device and its credential, both pending: no other call sees them, and they are pruned if they stay so. */
  mintPending(owner: UserId, token: PairingTokenId, device: PairedDevice): Promise<PendingDevice>;
  /**
   * Completes a pairing: one transaction counts a use of the token and makes device and credential valid. False, and nothing
   * changed: the token is not usable any more, or the credential is not pending under it. Rejects with ERR_STORE_LIMIT, and
   * nothing changed, where the owner has as many devices as a user may have.
   */
  completePairing(
    owner: UserId,
    token: PairingTokenId,
    credential: CredentialId,
    by?: Requester,
  ): Promise<boolean>;
  /** Revokes a pending or valid credential, for good. False: no such credential of this user, or revoked before. */
  revokeCredential(owner: UserId, credential: CredentialId, by?: Requester): Promise<boolean>;
}
