// These ports are the calls about devices: of their users, of the tunnel side and of the operator.
import type { Requester } from './audit.js';
import type { DeviceId, Epoch, SessionToken, UserId } from './ids.js';
import type { ListPage, PageRequest } from './page.js';

/** The kinds of event in a device's history. `added`: the operator added the device. */
export const DEVICE_EVENT_KINDS = [
  'added',
  'paired',
  'online',
  'offline',
  'renamed',
  'labelled',
  'credential-rotated',
] as const;

/** The kind of an event in a device's history. */
export type DeviceEventKind = (typeof DEVICE_EVENT_KINDS)[number];

/** An event in a device's history. `at`: milliseconds since 1970. */
export interface DeviceEvent {
  readonly eventId: string;
  readonly kind: DeviceEventKind;
  readonly at: number;
}

/** A change that a user makes to a device. An absent field stays as it is. */
export interface DeviceUpdate {
  readonly name?: string;
  /** All labels of the device: labels that are missing here are removed. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The calls about one device of a user. For these calls a revoked device does not exist. */
export interface DeviceAdminPort {
  /** Changes the device and answers it as it is now. Undefined: no such device, or another user's. */
  updateDevice(
    owner: UserId,
    device: DeviceId,
    update: DeviceUpdate,
    by?: Requester,
  ): Promise<Device | undefined>;
  /**
   * Makes a new session token. The old one lives on until the new one is used, a week at most: a device whose new token is lost
   * on the way is not locked out. A new token that was never used is replaced by the next rotation. Undefined: no such device.
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

/** The call by which the tunnel side reports devices. `connect` itself notes that a device came online. */
export interface DeviceEventPort {
  /** Records that these devices (1 to 1,000) went offline, except those that have connected again since. */
  recordOffline(devices: readonly DeviceOffline[]): Promise<void>;
}

/** A user's device. Times are milliseconds since 1970. */
export interface Device {
  readonly deviceId: DeviceId;
  readonly userId: UserId;
  readonly name: string;
  /** The model, as the device stated it when it was paired. */
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

/** The calls about the devices of users. A call that fails rejects with a `StoreError`. */
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
  /** The device; a revoked device is found for as long as it is kept. Undefined: no such device, or another user's. */
  findDevice(owner: UserId, device: DeviceId): Promise<Device | undefined>;
  /** Revokes a device with its credentials, for good, and writes the change. False: no such device, or it was revoked before. */
  revokeDevice(owner: UserId, device: DeviceId, by?: Requester): Promise<boolean>;
}

/** A device with its owner, and the owner's key (see `UserPort`). */
export interface OwnedDevice extends Device {
  readonly owner: UserId;
  readonly issuer: string;
  readonly subject: string;
}

/** Selects the devices to list. */
export interface OwnedBy {
  /** Lists only devices of users with this subject, at any issuer. */
  readonly subject?: string;
  /** Lists revoked devices too, for as long as they are kept. */
  readonly revoked?: boolean;
}

/** The calls of the operator at the command line, across all users. */
export interface OperatorPort {
  /** The devices of all users, oldest first. */
  listAllDevices(page: PageRequest, which?: OwnedBy): Promise<ListPage<OwnedDevice>>;
  /** The owner of a device, revoked or not; undefined: no such device. */
  ownerOf(device: DeviceId): Promise<UserId | undefined>;
}
