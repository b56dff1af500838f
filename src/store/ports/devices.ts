import type { DeviceId, SessionToken, UserId } from '../ids.js';
import type { Page, PageRequest } from '../ports.js';

/** Something that happened to a device. `at`: milliseconds since 1970. */
export interface DeviceEvent {
  readonly eventId: string;
  readonly kind: string;
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
  /** False: no such device, or another user's. */
  updateDevice(owner: UserId, device: DeviceId, update: DeviceUpdate): Promise<boolean>;
  /** A new session token; the old one dies at once, with the tunnel that it opened. Undefined: no such device. */
  rotateCredential(owner: UserId, device: DeviceId): Promise<SessionToken | undefined>;
  /** Newest first. */
  deviceEvents(
    owner: UserId,
    device: DeviceId,
    page: PageRequest<string>,
  ): Promise<Page<DeviceEvent, string>>;
}
