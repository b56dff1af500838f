import type { Requester } from './audit.js';
import type { DeviceId, Epoch, SessionToken, UserId } from './ids.js';
import type { ListPage, PageRequest } from './page.js';

/** What can happen to a device. `added`: by the operator. */
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

/** What of a device its user may change. What is absent stays. */
export interface DeviceUpdate {
  readonly name?: string;
  /** Replace all there were. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a user does about one device. Nothing of it works on a revoked one. */
export interface DeviceCarePort {
  /** The device as it is now. Undefined: no such device, or another user's. */
  updateDevice(
    owner: UserId,
    device: DeviceId,
    update: DeviceUpdate,
    by?: Requester,
  ): Promise<Device | undefined>;
  /**
   * A new session token. The old one lives on until this one is used, a week at most: a device whose new token is lost on the
   * way is not locked out. Of a token that nobody used a new one takes the place. Undefined: no such device.
   */
  rotateCredential(owner: UserId, device: DeviceId, by?: Requester): Promise<SessionToken | undefined>;
  /** Newest first; only the newest are kept. */
  deviceEvents(
    owner: UserId,
    device: DeviceId,
    page: PageRequest<string>,
  ): Promise<ListPage<DeviceEvent, string>>;
}

/** A tunnel that has ended. */
export interface DeviceOffline {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  /** Of its admission. */
  readonly epoch: Epoch;
}

/** What the tunnel side tells of devices; that they came online is told by connecting. */
export interface DeviceEventPort {
  /** Up to 1,000; those that have connected again since are left out. */
  recordOffline(devices: readonly DeviceOffline[]): Promise<void>;
}

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
  listDevices(owner: UserId, page: PageRequest): Promise<ListPage<Device>>;
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
  listAllDevices(page: PageRequest, which?: OwnedBy): Promise<ListPage<OwnedDevice>>;
  ownerOf(device: DeviceId): Promise<UserId | undefined>;
}
