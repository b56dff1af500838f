import type { DeviceId, Epoch, SessionToken, UserId } from '../ids.js';
import type { Device, Page, PageRequest } from '../ports.js';
import type { Requester } from './audit.js';

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
  ): Promise<Page<DeviceEvent, string>>;
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
