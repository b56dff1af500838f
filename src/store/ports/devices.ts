// These ports are for what users, the tunnel side and the operator do with devices.
import type { Requester } from './audit.js';
import type { DeviceId, Epoch, SessionToken, UserId } from './ids.js';
import type { ListPage, PageRequest } from './page.js';

/** What can happen to a device. `added`: the operator added it. */
export const DEVICE_EVENT_KINDS = [
  'added',
  'paired',
  'online',
  'offline',
  'renamed',
  'labelled',
  'credential-rotated',
] as const;

export type DeviceEventKind = (typeof DEVICE_EVENT_KINDS)[number];

/** Something that happened to a device. `at`: milliseconds since 1970. */
export interface DeviceEvent {
  readonly eventId: string;
  readonly kind: DeviceEventKind;
  readonly at: number;
}

/** What a user may change of a device. An absent field stays as it is. */
export interface DeviceUpdate {
  readonly name?: string;
  /** All labels: those that are not in it go. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a user does about one device. A revoked device is as good as absent here. */
export interface DeviceCarePort {
  /** The device as it is now. Undefined: no such device, or another user's. */
  updateDevice(
    owner: UserId,
    device: DeviceId,
    update: DeviceUpdate,
    by?: Requester,
  ): Promise<Device | undefined>;
  /**
   * Makes a new session token. The old one lives on until the new one is used, a week at most: a device whose new token is lost
   * on the way is not locked out. A new token that nobody used yet is replaced by the next rotation. Undefined: no such device.
   */
  rotateCredential(owner: UserId, device: DeviceId, by?: Requester): Promise<SessionToken | undefined>;
  /** The history of a device, newest first; only the newest events are kept. */
  deviceEvents(
    owner: UserId,
    device: DeviceId,
    page: PageRequest<string>,
  ): Promise<ListPage<DeviceEvent, string>>;
}

/** A device whose tunnel has ended. */
export interface DeviceOffline {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  /** The epoch of its admission. */
  readonly epoch: Epoch;
}

/** What the tunnel side tells of devices. That one came online is known from its `connect`. */
export interface DeviceEventPort {
  /** Records that these devices (1 to 1,000) went offline, except those that have connected again since. */
  recordOffline(devices: readonly DeviceOffline[]): Promise<void>;
}

/** Times are milliseconds since 1970. A failing call rejects with a `StoreError`. */
export interface Device {
  readonly deviceId: DeviceId;
  readonly userId: UserId;
  readonly name: string;
  /** The model, as the device said when it was paired. */
  readonly model?: string;
  readonly serial?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly lastConnectedAt?: number;
  readonly revokedAt?: number;
}

/** A new device with its session token, which is never shown again. */
export interface ProvisionedDevice {
  readonly deviceId: DeviceId;
  readonly sessionToken: SessionToken;
}

/** The devices of users. */
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
  /** The devices of a user, oldest first, without revoked ones. */
  listDevices(owner: UserId, page: PageRequest): Promise<ListPage<Device>>;
  /** Undefined: no such device, or another user's. A revoked device is found, for as long as it is kept. */
  findDevice(owner: UserId, device: DeviceId): Promise<Device | undefined>;
  /** Revokes a device with its credentials, for good, and writes the change. False: no such device, or revoked before. */
  revokeDevice(owner: UserId, device: DeviceId, by?: Requester): Promise<boolean>;
}

/** A device with its owner, and the owner's key (see `UserPort`). */
export interface OwnedDevice extends Device {
  readonly owner: UserId;
  readonly issuer: string;
  readonly subject: string;
}

/** Which of all devices are listed. */
export interface OwnedBy {
  /** Only devices of users with this subject, at whatever issuer. */
  readonly subject?: string;
  /** Revoked devices too, for as long as they are kept. */
  readonly revoked?: boolean;
}

/** What the operator at the command line may do across users. */
export interface OperatorPort {
  /** The devices of all users, oldest first. */
  listAllDevices(page: PageRequest, which?: OwnedBy): Promise<ListPage<OwnedDevice>>;
  /** The owner of a device, revoked or not; undefined: no such device. */
  ownerOf(device: DeviceId): Promise<UserId | undefined>;
}
