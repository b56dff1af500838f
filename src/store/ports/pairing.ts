// PairingPort makes devices a user's own, by pairing tokens.
import type { Requester } from './audit.js';
import type { CredentialId, DeviceId, PairingTokenId, SessionToken, TokenHash, UserId } from './ids.js';
import type { ListPage, PageRequest } from './page.js';

/** The most usable pairing tokens of one user: more than a person pairs devices with at one time. */
export const MAX_LIVE_PAIRING_TOKENS = 20;

/** A pairing token to add. */
export interface NewPairingToken {
  readonly hash: TokenHash;
  /**
   * The name of the device that will be paired, with a number if the token is for several; absent: the name that the device
   * states.
   */
  readonly name?: string;
  /** How many devices the token may pair. Default: 1. */
  readonly uses?: number;
  readonly expiresAt: number;
}

/** The state of a pairing token. `used`: it has paired all devices that it was for. */
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

/** A pairing token that may be used, with its owner. */
export interface PairingOffer {
  readonly tokenId: PairingTokenId;
  readonly owner: UserId;
}

/** The description that a device gives of itself when it is paired. */
export interface PairedDevice {
  readonly name: string;
  readonly model?: string;
  readonly serial?: string;
}

/** A device and its credential that are not valid yet, with the session token, which is never shown again. */
export interface PendingDevice {
  readonly deviceId: DeviceId;
  readonly credentialId: CredentialId;
  readonly sessionToken: SessionToken;
}

/** The calls that pair devices. */
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
  /**
   * The offer of a token: all that an exchange learns. Undefined, in the same time: the token is unknown, used up, expired or
   * revoked.
   */
  findPairing(hash: TokenHash): Promise<PairingOffer | undefined>;
  /** Adds a device and its credential, both pending: no other call sees them, and they are deleted if they stay pending. */
  mintPending(owner: UserId, token: PairingTokenId, device: PairedDevice): Promise<PendingDevice>;
  /**
   * Completes a pairing: one transaction counts a use of the token and makes device and credential valid. False, and nothing
   * changed: the token is not usable any more, or the credential is not pending for it. Rejects with ERR_STORE_LIMIT, and nothing
   * changed, where the owner has as many devices as a user may have.
   */
  completePairing(
    owner: UserId,
    token: PairingTokenId,
    credential: CredentialId,
    by?: Requester,
  ): Promise<boolean>;
  /** Revokes a pending or valid credential, for good. False: no such credential of this user, or it was revoked before. */
  revokeCredential(owner: UserId, credential: CredentialId, by?: Requester): Promise<boolean>;
}
