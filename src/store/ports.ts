import type {
  ChangeSeq,
  CredentialId,
  DeviceId,
  Epoch,
  SessionToken,
  SignInId,
  TokenHash,
  UserId,
} from './ids.js';
import type { AttemptPort } from './ports/attempts.js';
import type { AuditPort, Requester } from './ports/audit.js';
import type { DeviceCarePort, DeviceEventPort } from './ports/devices.js';
import type { NodePort } from './ports/nodes.js';
import type { PairingPort } from './ports/pairing.js';
import type { RefusalPort } from './ports/refusals.js';
import type { SessionKeyPort } from './ports/session-keys.js';
import type { SignInPort } from './ports/sign-ins.js';

/** Times are milliseconds since 1970. A failing call rejects with a `StoreError`. */
export interface Device {
  readonly deviceId: DeviceId;
  readonly userId: UserId;
  readonly name: string;
  /** What it said of itself when it was paired. */
  readonly model?: string;
  readonly serial?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly lastConnectedAt?: number;
  readonly revokedAt?: number;
}

/** A new device. This is the only time that the token is seen. */
export interface ProvisionedDevice {
  readonly deviceId: DeviceId;
  readonly sessionToken: SessionToken;
}

/** Which part of a list: up to `limit` (1 to 1,000) items, after the item that ended the part before. */
export interface PageRequest<Id = DeviceId> {
  readonly limit: number;
  readonly after?: Id;
}

export interface Page<Item, Id = DeviceId> {
  readonly items: readonly Item[];
  /** The `after` of the next part; absent at the end. */
  readonly next?: Id;
}

/** Who users are. The key of a user is (issuer, subject), exactly as the identity provider says them. */
export interface UserPort {
  /** The user's id; a user not seen before is added. */
  ensureUser(issuer: string, subject: string): Promise<UserId>;
  findUser(issuer: string, subject: string): Promise<UserId | undefined>;
}

/** A user's devices. */
export interface DevicePort {
  /**
   * Adds a device with one credential for each name (1 to 1,000 of them), all or none.
   * @param expiresAt when the credentials expire; never, if absent.
   */
  provision(
    owner: UserId,
    names: readonly string[],
    expiresAt?: number,
    by?: Requester,
  ): Promise<ProvisionedDevice[]>;
  /** Oldest first, without revoked ones. */
  listDevices(owner: UserId, page: PageRequest): Promise<Page<Device>>;
  /** Undefined: no such device, or another user's. A revoked one is found, for as long as it is kept. */
  findDevice(owner: UserId, device: DeviceId): Promise<Device | undefined>;
  /** Revokes a device with its credentials, for good, and writes the change. False: no such device, or revoked before. */
  revokeDevice(owner: UserId, device: DeviceId, by?: Requester): Promise<boolean>;
}

/** A device with its user, and the key of that. */
export interface OwnedDevice extends Device {
  readonly owner: UserId;
  readonly issuer: string;
  readonly subject: string;
}

/** Which of all devices are listed. */
export interface OwnedBy {
  /** Only those of the users that have it, at whatever issuer. */
  readonly subject?: string;
  /** Also those that are revoked, for as long as they are kept. */
  readonly revoked?: boolean;
}

/** What the operator at the command line may do across users. */
export interface OperatorPort {
  /** Oldest first. */
  listAllDevices(page: PageRequest, which?: OwnedBy): Promise<Page<OwnedDevice>>;
  ownerOf(device: DeviceId): Promise<UserId | undefined>;
}

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

interface AnyChange {
  readonly seq: ChangeSeq;
  readonly at: number;
}

/** A device may not connect any more, or not with one credential. */
export interface DeviceChange extends AnyChange {
  readonly kind: 'device-revoked' | 'credential-revoked';
  readonly deviceId: DeviceId;
  /** Present where only this credential is concerned. */
  readonly credentialId?: CredentialId;
}

/** A browser is not signed in any more. */
export interface SignInChange extends AnyChange {
  readonly kind: 'sign-in-ended';
  readonly signInId: SignInId;
  readonly userId: UserId;
}

/** Something that a running process must learn, whichever process did it. */
export type Change = DeviceChange | SignInChange;

export interface Changes {
  readonly changes: readonly Change[];
  /** What to ask after next time. */
  readonly last: ChangeSeq;
  /** Changes after the one asked for are no longer kept: check what you hold with `activeCredentials`. */
  readonly missed: boolean;
}

/** The feed of changes, in the order of their commits. Only the newest are kept. */
export interface ChangePort {
  lastChange(): Promise<ChangeSeq>;
  /** Up to `limit` (1 to 1,000) changes after `seq`; costs next to nothing when there are none. */
  changesSince(seq: ChangeSeq, limit: number): Promise<Changes>;
}

/** Durable data. A write that was acknowledged survives the end of the process and power loss. */
export interface Store
  extends UserPort,
    DevicePort,
    DeviceCarePort,
    DeviceEventPort,
    OperatorPort,
    AdmissionPort,
    SignInPort,
    SessionKeyPort,
    PairingPort,
    AuditPort,
    NodePort,
    RefusalPort,
    AttemptPort,
    ChangePort {
  /** Finishes what was asked before. Later calls reject with ERR_STORE_CLOSED. */
  close(): Promise<void>;
}

/** A store in this process, which has no clock that wakes it: whoever opened it does that, over and over. */
export interface TimedStore extends Store {
  /**
   * Ends sign-ins whose time is over, with their changes: what they hold open is to be closed. Drops the rows of devices that
   * were revoked long ago, and of their credentials. Some at a time.
   */
  sweep(): Promise<void>;
  /** Writes next to nothing: whether anything can be written now. */
  tryWrite(): Promise<void>;
}
