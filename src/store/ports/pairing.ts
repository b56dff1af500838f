import type { Requester } from './audit.js';
import type { CredentialId, DeviceId, PairingTokenId, SessionToken, TokenHash, UserId } from './ids.js';
import type { ListPage, PageRequest } from './page.js';

/** Pairing tokens of one user that may be used: as many as a person has use for at one time. */
export const MAX_LIVE_PAIRING_TOKENS = 20;

export interface NewPairingToken {
  readonly hash: TokenHash;
  /** What the device will be called, with a number if there are several; absent: as the device says. */
  readonly name?: string;
  /** How many devices it may pair; 1, if absent. */
  readonly uses?: number;
  readonly expiresAt: number;
}

/** What became of a pairing token. `used`: for all devices that it was for. */
export type PairingTokenState = 'pending' | 'used' | 'expired' | 'revoked';

/** A pairing token, as its owner sees it. */
export interface PairingToken {
  readonly tokenId: PairingTokenId;
  readonly name?: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly state: PairingTokenState;
  /** How many devices it is for. */
  readonly uses: number;
  /** How many it has paired. */
  readonly used: number;
  /** The device that used it last. */
  readonly deviceId?: DeviceId;
}

/** A pairing token that may be used. */
export interface PairingOffer {
  readonly tokenId: PairingTokenId;
  readonly owner: UserId;
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
  /**
   * Rejects with ERR_STORE_LIMIT where the owner has {@link MAX_LIVE_PAIRING_TOKENS} that may be used, or as many devices as
   * a user may have.
   */
  addPairingToken(owner: UserId, token: NewPairingToken, by?: Requester): Promise<PairingTokenId>;
  /** Oldest first. */
  listPairingTokens(
    owner: UserId,
    page: PageRequest<PairingTokenId>,
  ): Promise<ListPage<PairingToken, PairingTokenId>>;
  /** False: no such token of this user, or it is not pending any more. */
  revokePairingToken(owner: UserId, token: PairingTokenId, by?: Requester): Promise<boolean>;
  /** For the exchange, which knows only the token. Undefined, in the same time: unknown, used, expired or revoked. */
  findPairing(hash: TokenHash): Promise<PairingOffer | undefined>;
  /** Adds a device and its credential, both pending: seen by nobody, good for nothing, and pruned later. */
  mintPending(owner: UserId, token: PairingTokenId, device: PairedDevice): Promise<PendingDevice>;
  /**
   * The compare-and-set: counts a use of the token and makes device and credential valid, in one transaction. False: the
   * token is not usable any more, or the credential is not a pending one of it; nothing changed. Rejects with ERR_STORE_LIMIT,
   * and nothing changed, where the owner has as many devices as a user may have.
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
