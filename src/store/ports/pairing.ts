import type { CredentialId, DeviceId, PairingTokenId, SessionToken, TokenHash, UserId } from '../ids.js';
import type { Page, PageRequest } from '../ports.js';
import type { Requester } from './audit.js';

export interface NewPairingToken {
  readonly hash: TokenHash;
  /** What the device will be called; absent: as the device says. */
  readonly name?: string;
  readonly expiresAt: number;
}

/** What became of a pairing token. */
export type PairingTokenState = 'pending' | 'used' | 'expired' | 'revoked';

/** A pairing token, as its owner sees it. */
export interface PairingToken {
  readonly tokenId: PairingTokenId;
  readonly name?: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly state: PairingTokenState;
  /** The device that used it. */
  readonly deviceId?: DeviceId;
}

/** A pairing token that may be used. */
export interface PairingOffer {
  readonly tokenId: PairingTokenId;
  readonly owner: UserId;
  readonly name?: string;
}

/** What is known of a device that is about to be paired. */
export interface PairedDevice {
  readonly name: string;
  readonly model?: string;
  readonly serial?: string;
}

/** A device and its credential that are good for nothing yet. This is the only time that the token is seen. */
export interface PendingDevice {
  readonly deviceId: DeviceId;
  readonly credentialId: CredentialId;
  readonly sessionToken: SessionToken;
}

/** How devices become a user's (03-identity §3.4). */
export interface PairingPort {
  /** Voids the owner's older unused token in the same transaction. */
  addPairingToken(owner: UserId, token: NewPairingToken, by?: Requester): Promise<PairingTokenId>;
  /** Oldest first. */
  listPairingTokens(
    owner: UserId,
    page: PageRequest<PairingTokenId>,
  ): Promise<Page<PairingToken, PairingTokenId>>;
  /** False: no such token of this user, or it is not pending any more. */
  revokePairingToken(owner: UserId, token: PairingTokenId, by?: Requester): Promise<boolean>;
  /** For the exchange, which knows only the token. Undefined, in the same time: unknown, used, expired or revoked. */
  findPairing(hash: TokenHash): Promise<PairingOffer | undefined>;
  /** Adds a device and its credential, both pending: seen by nobody, good for nothing, and pruned later. */
  mintPending(owner: UserId, token: PairingTokenId, device: PairedDevice): Promise<PendingDevice>;
  /**
   * The compare-and-set: marks the token used and makes device and credential valid, in one transaction. False: the token
   * is not usable any more, or the credential is not a pending one of it; nothing changed.
   */
  completePairing(
    owner: UserId,
    token: PairingTokenId,
    credential: CredentialId,
    by?: Requester,
  ): Promise<boolean>;
  /** Takes a pending or valid credential away, for good. False: no such credential of this user, or taken before. */
  revokeCredential(owner: UserId, credential: CredentialId, by?: Requester): Promise<boolean>;
}
