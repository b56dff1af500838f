import type { Device } from './devices.js';
import type { DeviceId, UserId } from './ids.js';
import type { ListPage, PageRequest } from './page.js';

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
